import type { Texts } from './texts.ts';

export const en: Texts = {
  succeeded: '{0} of {1} is done',
  failed: '{0} of {1} failed',
  kinds: {
    'command-failure': '{0} failed: {1}',
    'workstation-lost': 'Workstation {0} is not heard of',
    'queue-wait': '{0} waits for a workstation',
    'dead-letters': 'Messages lie undelivered in {0}',
    'certificate-expiring': 'The certificate of workstation {0} expires',
  },
  updated: 'Again: {0}',
  escalated: 'Nobody has taken care of it: {0}',
  labels: {
    command: 'Command',
    item: 'Item',
    attempts: 'Attempts',
    workstation: 'Workstation',
    error: 'Last error',
    orderedBy: 'Ordered by',
    queue: 'Queue',
    occurrences: 'Failed runs',
    since: 'Since',
    last: 'Last',
    incident: 'Incident',
    nextRun: 'Next run',
    expires: 'Expires',
    messages: 'Messages',
    waitReason: 'It waits because',
  },
  whatToDo: 'What to do: {0}',
  open: 'Open',
  runsAgain: 'MCMS runs it once more by itself at {0}.',
  waitsForPerson: 'MCMS does not run it again by itself: have an operator retry it, or order it anew.',
  done: 'The files it made, if any, are attached to the routing.',
  actions: {
    'command-failure':
      'Open the command and read the log tail of its last attempt; mend the cause, then retry it.',
    'workstation-lost':
      'Look whether the workstation is switched on and reaches the network, then whether the CmdHost service runs. Its runs are tried again elsewhere.',
    'queue-wait':
      'Look at the reason why it waits: start another workstation, free a licence, or pause what is less urgent.',
    'dead-letters':
      'Read the reason of the messages in the list of dead letters; mend the cause, then resubmit or discard them.',
    'certificate-expiring':
      'Renew the certificate on the workstation with cmdhost rotate, before the agent can sign in no more.',
  },
  errorActions: {
    QUEUE_LIMIT:
      'No workstation took it in time: look whether one that can run it is on and not paused, then retry it.',
    INPUT_INVALID: 'The CAM program refuses the model: mend the model, upload it and order again.',
    INPUT_UNAVAILABLE: 'The input could not be downloaded: look whether Blob Storage answers, then retry it.',
    INPUT_CORRUPT:
      'The downloaded input is not what was uploaded: look at disk and network of the workstation, then retry it.',
    INPUT_NAMES_CLASH:
      'Two input files have names that differ in nothing a file system minds: upload one under another name and order again.',
    PARAMETERS_INVALID: 'The parameters do not fit: order again with other parameters.',
    ADAPTER_PROTOCOL:
      'The adapter of the CAM program answers wrongly: look at its log and version on the workstation.',
    ADAPTER_UNAVAILABLE:
      'The CAM program could not be started: run cmdhost doctor on the workstation, then retry it.',
    ESPRIT_LICENCE_BUSY: 'No ESPRIT licence was free: end idle ESPRIT sessions, then retry it.',
    ESPRIT_CRASHED:
      'ESPRIT ended without a result: read the log tail and the run folder on the workstation, then retry it.',
    TIMED_OUT:
      'The CAM program did not end in time: open the model by hand and look what it waits for, then retry it.',
    AGENT_LOST:
      'The workstation went away again and again during the run: look at its power, network and event log, then retry it.',
    AGENT_CRASHED: 'The agent of the workstation ended during the run: look at its log, then retry it.',
    AGENT_STOPPED: 'The agent of the workstation was stopped during the run: start it again, then retry it.',
    RUNNER_LOST:
      'What starts CAM programs on the workstation ended during the run: see whether the CAM user is logged on, then retry it.',
    JOB_UNREADABLE:
      'The CmdHost of the workstation is too old for this command: install the current version there, then retry it.',
    OUTPUT_CORRUPT:
      'The results did not arrive as they were made: look at disk and network of the workstation, then retry it.',
    OUTPUT_UPLOAD_FAILED:
      'The results could not be uploaded: look whether Blob Storage can be reached from the workstation, then retry it.',
    INTERNAL: 'The run was ended from outside: look at the logs of the Functions app, then retry it.',
  },
};
