/** Asks before something is done to a pool or an instance, says what it will do, and shows why it could not be done. */
import { Problem } from '#player/api/problems';
import { problemText } from './words';
import { button, el, setText } from '../src/elements/dom';

export interface Question {
  title: string;
  text: string;
  confirm: string;
  /** The label of a reason that must be given; null asks for none. */
  reason: string | null;
  /** Raises: Problem, shown in the dialog, which stays open. */
  act(reason: string): Promise<void>;
}

export interface QuestionDialog {
  readonly element: HTMLDialogElement;
  ask(question: Question): void;
}

const LONGEST_REASON = 200;

export function createQuestionDialog(): QuestionDialog {
  let asked: Question | null = null;
  const title = el('h2', { id: 'question-title' });
  const text = el('p', { class: 'question-text' });
  const label = el('span', {});
  const reason = el('input', { type: 'text', maxlength: String(LONGEST_REASON), autocomplete: 'off', 'data-testid': 'reason' });
  const field = el('label', { class: 'field' }, label, reason);
  const problem = el('p', { class: 'question-problem', role: 'alert', 'data-testid': 'question-problem' });
  const confirm = el('button', { type: 'submit', class: 'button primary', 'data-testid': 'confirm' });
  const cancel = button('Cancel', 'cancel-question', 'quiet', () => element.close());
  const form = el('form', {}, title, text, field, problem, el('div', { class: 'actions' }, confirm, cancel));
  const element = el('dialog', { class: 'question', 'aria-labelledby': 'question-title' }, form);

  async function act(question: Question): Promise<void> {
    confirm.disabled = true;
    setText(problem, '');
    try {
      await question.act(reason.value.trim());
      element.close();
    } catch (error) {
      setText(problem, problemText(error instanceof Problem ? error : new Problem('serverError')));
    } finally {
      confirm.disabled = false;
    }
  }
  reason.addEventListener('input', () => setText(problem, ''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (asked === null) return;
    if (asked.reason !== null && reason.value.trim() === '') return setText(problem, 'Please give a reason: others will read it.');
    void act(asked);
  });
  return {
    element,
    ask(question: Question): void {
      asked = question;
      setText(title, question.title);
      setText(text, question.text);
      setText(label, question.reason ?? '');
      field.hidden = question.reason === null;
      setText(confirm, question.confirm);
      setText(problem, '');
      reason.value = '';
      element.showModal();
      (question.reason === null ? cancel : reason).focus();
    },
  };
}
