import type { NotificationSettings } from '../../config/notifications.ts';
import type { ChannelName } from '../contracts.ts';
import type { Channel } from './channel.ts';
import { openCommunication } from './communication.ts';
import { createEmailChannel, once } from './email.ts';
import { createSmsChannel } from './sms.ts';
import { createTeamsChannel } from './teams.ts';

export type Channels = Readonly<Partial<Record<ChannelName, Channel>>>;

/** The channels that are configured. Nothing is loaded or connected before the first message. */
export function createChannels(settings: NotificationSettings): Channels {
  const { teams, email, sms, communication, language, linkBase } = settings;
  const wording = { language, linkBase };
  const access = communication && once(() => openCommunication(communication));
  return {
    ...(teams ? { teams: createTeamsChannel(teams.webhookUrl, wording) } : {}),
    ...(email && access ? { email: createEmailChannel({ access, from: email.from, wording }) } : {}),
    ...(sms && access ? { sms: createSmsChannel({ access, from: sms.from, wording }) } : {}),
  };
}
