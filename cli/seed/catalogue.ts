import type { RoutingStep } from '../../shared/routings/contracts.ts';
import type { Random } from './random.ts';

/** What the demo shop is made of. Accounts are roles, not people; `engineer@mcms.local` is who `npm run token` speaks for. */
export const ENGINEERS = [
  'engineer@mcms.local',
  'engineer-2@mcms.local',
  'engineer-3@mcms.local',
  'engineer-4@mcms.local',
] as const;
/** Nobody here writes routings, so nobody approves what they wrote. */
export const APPROVERS = ['approver@mcms.local', 'approver-2@mcms.local'] as const;

const MATERIALS = [
  'AL7075-T6',
  'AL6061-T6',
  'SCM440',
  'SUS316L',
  'S45C',
  'Ti-6Al-4V',
  'Inconel 718',
  'FCD450',
] as const;

export interface Part {
  readonly prefix: string;
  readonly en: string;
  readonly ko: string;
  readonly kind: 'mill' | 'turn';
}

const PARTS: readonly [Part, ...Part[]] = [
  { prefix: 'IMP', en: 'Impeller', ko: '임펠러', kind: 'mill' },
  { prefix: 'HYB', en: 'Hydraulic manifold block', ko: '유압 매니폴드 블록', kind: 'mill' },
  { prefix: 'BRH', en: 'Bearing housing', ko: '베어링 하우징', kind: 'mill' },
  { prefix: 'GBX', en: 'Gearbox cover', ko: '기어박스 커버', kind: 'mill' },
  { prefix: 'BRK', en: 'Engine bracket', ko: '엔진 브래킷', kind: 'mill' },
  { prefix: 'MLD', en: 'Injection mould core', ko: '사출 금형 코어', kind: 'mill' },
  { prefix: 'SFT', en: 'Drive shaft', ko: '구동 샤프트', kind: 'turn' },
  { prefix: 'SPL', en: 'Splined coupling', ko: '스플라인 커플링', kind: 'turn' },
  { prefix: 'VLV', en: 'Valve body', ko: '밸브 바디', kind: 'turn' },
  { prefix: 'FLG', en: 'Weld-neck flange', ko: '웰드넥 플랜지', kind: 'turn' },
];

const MACHINES = {
  mill: [
    'DMG MORI DMU 50',
    'Doosan DNM 5700',
    'Hermle C 42 U',
    'Makino a51nx',
    'Hyundai WIA F500',
    'Mazak VARIAXIS i-600',
  ],
  turn: [
    'Mazak INTEGREX i-200',
    'Doosan PUMA 2600SY',
    'Okuma MULTUS B300II',
    'DMG MORI NLX 2500',
    'Hwacheon Hi-TECH 450',
  ],
} as const;
const INSPECTION = 'Zeiss CONTURA';

interface StepTemplate {
  readonly en: string;
  readonly ko: string;
  readonly tools: readonly [string, ...string[]];
  /** Spindle speed in revolutions per minute, feed in millimetres per minute. */
  readonly speed: readonly [number, number];
  readonly feed: readonly [number, number];
}

const OPERATIONS: Readonly<Record<Part['kind'], readonly [StepTemplate, ...StepTemplate[]]>> = {
  mill: [
    {
      en: 'Face top, datum A',
      ko: '상면 페이싱, 기준면 A',
      tools: ['FACE MILL D63 Z5', 'FACE MILL D80 Z6'],
      speed: [18, 30],
      feed: [90, 180],
    },
    {
      en: 'Rough outside contour, 0.5 mm left',
      ko: '외곽 황삭, 여유 0.5 mm',
      tools: ['END MILL D20 Z4', 'INSERT MILL D25 Z3'],
      speed: [30, 60],
      feed: [100, 220],
    },
    {
      en: 'Rough pocket, adaptive',
      ko: '포켓 황삭 (고속 가공)',
      tools: ['END MILL D12 Z4', 'END MILL D16 Z4'],
      speed: [60, 95],
      feed: [140, 320],
    },
    {
      en: 'Finish walls and floor',
      ko: '벽면 및 바닥 정삭',
      tools: ['END MILL D10 Z4', 'END MILL D8 Z4'],
      speed: [80, 120],
      feed: [80, 160],
    },
    {
      en: 'Finish blend surfaces, scallop 0.01 mm',
      ko: '곡면 정삭, 스캘럽 0.01 mm',
      tools: ['BALL MILL D6 Z2', 'BALL MILL D8 Z2'],
      speed: [100, 180],
      feed: [120, 260],
    },
    {
      en: 'Drill and tap M8, 6 places',
      ko: 'M8 드릴 및 탭, 6개소',
      tools: ['DRILL D6.8 / TAP M8', 'DRILL D6.8 / THREAD MILL M8'],
      speed: [8, 30],
      feed: [40, 90],
    },
    {
      en: 'Chamfer and deburr edges',
      ko: '모따기 및 버 제거',
      tools: ['CHAMFER MILL D10 90°'],
      speed: [60, 90],
      feed: [80, 150],
    },
  ],
  turn: [
    {
      en: 'Face and rough turn, first side',
      ko: '1차 단면 및 외경 황삭',
      tools: ['CNMG 120408', 'WNMG 080408'],
      speed: [6, 18],
      feed: [15, 40],
    },
    {
      en: 'Finish turn bearing seats, h6',
      ko: '베어링부 외경 정삭 h6',
      tools: ['VNMG 160404', 'DNMG 150404'],
      speed: [12, 28],
      feed: [10, 25],
    },
    {
      en: 'Bore and finish inside diameter',
      ko: '내경 보링 및 정삭',
      tools: ['BORING BAR D16 CCMT', 'BORING BAR D25 CCMT'],
      speed: [8, 22],
      feed: [8, 20],
    },
    {
      en: 'Cut thread M42x1.5',
      ko: 'M42x1.5 나사 가공',
      tools: ['THREAD INSERT 16ER'],
      speed: [5, 10],
      feed: [75, 150],
    },
    {
      en: 'Mill keyway with driven tool',
      ko: '키홈 밀링 (라이브 툴)',
      tools: ['END MILL D8 Z4', 'END MILL D6 Z4'],
      speed: [40, 60],
      feed: [30, 70],
    },
    {
      en: 'Part off and face back',
      ko: '절단 및 후면 가공',
      tools: ['PARTING BLADE 3 MM'],
      speed: [5, 12],
      feed: [8, 20],
    },
  ],
};

const NOTES = [
  'Clamp at 60 bar, check runout below 0.01 mm',
  '클램프 압력 60 bar, 런아웃 0.01 mm 이하 확인',
  'Probe datum A before this step',
  '이 공정 전에 기준면 A 프로빙',
  'Replace insert after 40 parts',
  '인서트는 40개마다 교체',
] as const;

export const COMMENTS = [
  'Checked against the drawing',
  '도면 대조 완료',
  'Simulation without collision',
  '시뮬레이션 간섭 없음',
] as const;

export function pickPart(random: Random): Part {
  return random.pick(PARTS);
}

/** Every other part speaks Korean. */
export function partName(random: Random, part: Part): string {
  return random.oneIn(2) ? `${part.ko} ${random.pick(MATERIALS)}` : `${part.en}, ${random.pick(MATERIALS)}`;
}

export function pickMachine(random: Random, kind: Part['kind']): string {
  return random.pick<string>(MACHINES[kind]);
}

/** A plausible list of steps, 10 apart, with an inspection at its end. */
export function makeSteps(random: Random, kind: Part['kind'], machine: string): RoutingStep[] {
  const templates = OPERATIONS[kind];
  const first = random.whole(0, 2);
  const count = random.whole(3, 4);
  const korean = random.oneIn(2);
  const cutting = Array.from({ length: count }, (_, index): RoutingStep => {
    const template = templates[first + index] ?? templates[0];
    const sequence = (index + 1) * 10;
    return {
      sequence,
      machine,
      processDescription: korean ? template.ko : template.en,
      toolInformation: toolText(random, sequence / 10, template),
      notes: random.oneIn(4) ? random.pick(NOTES) : null,
    };
  });
  const inspection: RoutingStep = {
    sequence: (count + 1) * 10,
    machine: INSPECTION,
    processDescription: korean ? '3차원 측정 검사' : 'Inspect on the coordinate measuring machine',
    toolInformation: null,
    notes: null,
  };
  return [...cutting, inspection];
}

function toolText(random: Random, number: number, { tools, speed, feed }: StepTemplate): string {
  return `T${number} ${random.pick(tools)} S${random.whole(...speed) * 100} F${random.whole(...feed) * 10}`;
}

/** The same tool with another spindle speed and feed, or the step's notes rewritten; always different from before. */
export function adjustStep(random: Random, step: RoutingStep): RoutingStep {
  if (step.toolInformation !== null && !random.oneIn(3)) {
    const faster = step.toolInformation.replace(/ S(\d+) F(\d+)$/, (_match, speed: string, feed: string) => {
      const change = random.pick([-300, -200, -100, 100, 200, 300]);
      return ` S${Math.max(300, Number(speed) + change)} F${Math.max(50, Number(feed) + change / 10)}`;
    });
    if (faster !== step.toolInformation) return { ...step, toolInformation: faster };
  }
  const notes = random.pick(NOTES);
  return { ...step, notes: notes === step.notes ? null : notes };
}
