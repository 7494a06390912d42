import { z } from 'zod';
import { type Language, TEXTS, firstAction } from './content/texts.ts';
import {
  type IncidentDetails,
  type IncidentView,
  channels,
  incidentStates,
  notificationStates,
  severities,
} from './contracts.ts';
import { type IncidentRow, kindOf } from './incident-rows.ts';

const state = z.enum(incidentStates);
const severity = z.enum(severities);
const channel = z.enum(channels);
const notificationState = z.enum(notificationStates);

/** An incident as the API shows it. */
export function incidentView(row: IncidentRow, language: Language): IncidentView {
  const { openKey: _key, toldOccurrences: _told, highestNumber: _number, ...shown } = row;
  const kind = kindOf(row);
  return {
    ...withoutSeq(shown),
    kind,
    state: state.parse(row.state),
    severity: severity.parse(row.severity),
    firstAction: firstAction(TEXTS[language], kind, row.errorCode),
  };
}

function withoutSeq<T extends object>(row: T): Omit<T, 'seq'> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'seq')) as Omit<T, 'seq'>;
}

type NotificationView = IncidentDetails['notifications'][number];

/** What became of a notification, without whom it is for. */
export function notificationView(row: {
  readonly [K in keyof NotificationView]: K extends 'channel' | 'state' ? string : NotificationView[K];
}): NotificationView {
  return { ...row, channel: channel.parse(row.channel), state: notificationState.parse(row.state) };
}
