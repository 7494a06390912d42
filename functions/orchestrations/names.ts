/** Name of the orchestration that runs one run of a CAM command; its instance id is `<commandId>.r<run>`. */
export const RUN_CAM_COMMAND = 'runCamCommand';
