import type { Texts } from './texts.ts';

export const ko: Texts = {
  succeeded: '{1}의 {0} 작업이 완료되었습니다',
  failed: '{1}의 {0} 작업이 실패했습니다',
  kinds: {
    'command-failure': '{0} 실패: {1}',
    'workstation-lost': '워크스테이션 {0}의 연락이 끊겼습니다',
    'queue-wait': '{0} 작업이 워크스테이션을 기다리고 있습니다',
    'dead-letters': '{0} 큐에 전달되지 못한 메시지가 있습니다',
    'certificate-expiring': '워크스테이션 {0}의 인증서가 곧 만료됩니다',
  },
  updated: '다시 발생: {0}',
  escalated: '아직 담당자가 없습니다: {0}',
  labels: {
    command: '명령',
    item: '품목',
    attempts: '시도 횟수',
    workstation: '워크스테이션',
    error: '마지막 오류',
    orderedBy: '요청자',
    queue: '큐',
    occurrences: '실패한 실행',
    since: '시작',
    last: '최근',
    incident: '장애',
    nextRun: '다음 실행',
    expires: '만료',
    messages: '메시지 수',
    waitReason: '대기 사유',
  },
  whatToDo: '조치: {0}',
  open: '열기',
  runsAgain: 'MCMS가 {0}에 한 번 더 자동으로 실행합니다.',
  waitsForPerson:
    'MCMS가 더 이상 자동으로 실행하지 않습니다. 운영자에게 재시도를 부탁하거나 명령을 새로 요청하십시오.',
  done: '생성된 파일이 있으면 라우팅에 첨부되어 있습니다.',
  actions: {
    'command-failure': '명령을 열어 마지막 시도의 로그를 확인하고, 원인을 해결한 뒤 재시도하십시오.',
    'workstation-lost':
      '워크스테이션의 전원과 네트워크를 확인한 뒤 CmdHost 서비스가 실행 중인지 확인하십시오. 진행 중이던 실행은 다른 곳에서 다시 시도됩니다.',
    'queue-wait':
      '대기 사유를 확인하십시오. 다른 워크스테이션을 켜거나, 라이선스를 비우거나, 덜 급한 작업을 일시 중지하십시오.',
    'dead-letters': '배달 못한 메시지 목록에서 사유를 확인하고, 원인을 해결한 뒤 다시 보내거나 폐기하십시오.',
    'certificate-expiring':
      '에이전트가 로그인하지 못하게 되기 전에 워크스테이션에서 cmdhost rotate로 인증서를 갱신하십시오.',
  },
  errorActions: {
    QUEUE_LIMIT:
      '제시간에 작업을 맡은 워크스테이션이 없습니다. 실행할 수 있는 워크스테이션이 켜져 있고 일시 중지되지 않았는지 확인한 뒤 재시도하십시오.',
    INPUT_INVALID: 'CAM 프로그램이 모델을 거부했습니다. 모델을 수정해 업로드하고 다시 요청하십시오.',
    INPUT_UNAVAILABLE: '입력 파일을 내려받지 못했습니다. Blob Storage 상태를 확인한 뒤 재시도하십시오.',
    INPUT_CORRUPT:
      '내려받은 입력 파일이 업로드된 것과 다릅니다. 워크스테이션의 디스크와 네트워크를 확인한 뒤 재시도하십시오.',
    INPUT_NAMES_CLASH:
      '입력 파일 두 개의 이름이 파일 시스템에서 같은 이름으로 취급됩니다. 한 파일의 이름을 바꿔 업로드한 뒤 다시 요청하십시오.',
    PARAMETERS_INVALID: '매개변수가 맞지 않습니다. 다른 매개변수로 다시 요청하십시오.',
    ADAPTER_PROTOCOL:
      'CAM 프로그램 어댑터의 응답이 잘못되었습니다. 워크스테이션에서 어댑터의 로그와 버전을 확인하십시오.',
    ADAPTER_UNAVAILABLE:
      'CAM 프로그램을 시작하지 못했습니다. 워크스테이션에서 cmdhost doctor를 실행한 뒤 재시도하십시오.',
    ESPRIT_LICENCE_BUSY:
      '사용 가능한 ESPRIT 라이선스가 없습니다. 쓰지 않는 ESPRIT 세션을 종료한 뒤 재시도하십시오.',
    ESPRIT_CRASHED:
      'ESPRIT가 결과 없이 종료되었습니다. 마지막 로그와 워크스테이션의 실행 폴더를 확인한 뒤 재시도하십시오.',
    TIMED_OUT:
      'CAM 프로그램이 제시간에 끝나지 않았습니다. 모델을 직접 열어 무엇을 기다리는지 확인한 뒤 재시도하십시오.',
    AGENT_LOST:
      '실행 중 워크스테이션의 연락이 여러 번 끊겼습니다. 전원, 네트워크, 이벤트 로그를 확인한 뒤 재시도하십시오.',
    AGENT_CRASHED: '실행 중 에이전트가 종료되었습니다. 에이전트 로그를 확인한 뒤 재시도하십시오.',
    AGENT_STOPPED:
      '실행 중 워크스테이션의 에이전트가 중지되었습니다. 에이전트를 다시 시작한 뒤 재시도하십시오.',
    RUNNER_LOST:
      '실행 중 CAM 프로그램을 시작하는 프로세스가 종료되었습니다. CAM 사용자가 로그온되어 있는지 확인한 뒤 재시도하십시오.',
    JOB_UNREADABLE:
      '워크스테이션의 CmdHost 버전이 오래되어 이 명령을 이해하지 못합니다. 최신 버전을 설치한 뒤 재시도하십시오.',
    OUTPUT_CORRUPT:
      '결과 파일이 만들어진 그대로 도착하지 않았습니다. 워크스테이션의 디스크와 네트워크를 확인한 뒤 재시도하십시오.',
    OUTPUT_UPLOAD_FAILED:
      '결과 파일을 업로드하지 못했습니다. 워크스테이션에서 Blob Storage에 접근할 수 있는지 확인한 뒤 재시도하십시오.',
    INTERNAL: '실행이 외부에서 종료되었습니다. Functions 앱의 로그를 확인한 뒤 재시도하십시오.',
  },
};
