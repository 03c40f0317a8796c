/** The start page: what this is, and one big button. Serves `signedOut` and `ready`. */
import { button, el, setText } from '../../elements/dom';
import type { PageActions, PageModel, View } from '../words/model';
import { FINDING } from '../words/words';

const PROMISES: readonly [string, string][] = [
  ['Already running', 'The application is started before you arrive, so you can play within seconds.'],
  ['Nothing to install', 'A server with a powerful graphics card runs the application and streams it to this page.'],
  ['Yours alone', 'Nobody else takes part in your session. After you leave, everything is reset before the next player.'],
];

export function createLanding(actions: PageActions): View {
  const eyebrow = el('p', { class: 'eyebrow' });
  const title = el('h1', {});
  const lead = el('p', { class: 'lead' });
  const signIn = button('Sign in to play', 'sign-in', 'primary large', () => actions.signIn());
  const play = button('Play', 'play', 'primary large', () => actions.play());
  const running = createRunningCard(actions);
  const promises = el('ul', { class: 'promises' }, ...PROMISES.map(([name, text]) => el('li', {}, el('h2', {}, name), el('p', {}, text))));
  const hero = el('div', { class: 'hero' }, eyebrow, title, lead, el('div', { class: 'actions' }, signIn, play), running.element);
  const element = el('section', { class: 'view landing', 'data-testid': 'landing' }, hero, promises);

  return {
    element,
    update(model: PageModel): void {
      const { finding } = model.state;
      const signedIn = model.state.name !== 'signedOut';
      setText(eyebrow, signedIn ? model.applicationName : `${model.productName} · streamed applications`);
      setText(title, finding ? 'Welcome back.' : signedIn ? 'Ready to play.' : 'Play at once, in your browser.');
      setText(
        lead,
        finding
          ? FINDING
          : signedIn
            ? 'Press Play. If a server is free, you are playing within seconds. If not, you wait in line, and we tell you why and for how long.'
            : 'High-end 3D applications, streamed to this page. They are already running when you press Play.',
      );
      signIn.hidden = signedIn;
      play.hidden = !signedIn || finding;
      running.update(model);
    },
  };
}

function createRunningCard(actions: PageActions): View {
  const text = el('p', {});
  let sessionId = '';
  const resume = button('Continue here', 'continue-here', 'quiet', () => actions.rejoin(sessionId));
  const element = el('div', { class: 'running-note', 'data-testid': 'running' }, text, resume);
  return {
    element,
    update(model: PageModel): void {
      const running = model.state.running;
      element.hidden = running === null;
      if (running === null) return;
      sessionId = running.sessionId;
      const since = new Date(running.requestedAt);
      const time = Number.isNaN(since.getTime()) ? '' : ` since ${since.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
      const waits = running.state === 'Queued';
      setText(
        text,
        waits
          ? `You are in line${time}, and your place in line is kept.`
          : `You are already playing${time}, in another tab or on another device.`,
      );
      setText(resume, waits ? 'Continue waiting here' : 'Continue here');
    },
  };
}
