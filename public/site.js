/* Small comforts. Every page works without this file. */
(() => {
  /* A second tap on a slow line must not send the form twice. */
  const guardForm = (form) => {
    let sent = false;
    form.addEventListener('submit', (event) => {
      if (sent) {
        event.preventDefault();
        return;
      }
      sent = true;
      /* A page taken from the back-forward store must be usable again; so must one whose request got lost. */
      setTimeout(() => {
        sent = false;
      }, 8000);
    });
    addEventListener('pageshow', () => {
      sent = false;
    });
  };

  const addPasswordSwitch = (input) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'reveal';
    button.setAttribute('aria-controls', input.id);
    const show = (visible) => {
      input.type = visible ? 'text' : 'password';
      button.textContent = visible ? input.dataset.hide : input.dataset.show;
      button.setAttribute('aria-pressed', String(visible));
    };
    show(false);
    button.addEventListener('click', () => {
      show(input.type === 'password');
      input.focus();
    });
    /* Browsers offer to keep a password only when the field is one at the time of sending. */
    input.form?.addEventListener('submit', () => show(false));
    input.parentElement.classList.add('with-reveal');
    input.after(button);
  };

  const countDown = (button) => {
    const label = button.textContent;
    let left = Number(button.dataset.countdown);
    if (!(left > 0)) return;
    const tick = () => {
      if (left <= 0) {
        button.disabled = false;
        button.textContent = label;
        return;
      }
      button.disabled = true;
      button.textContent = button.dataset.countdownLabel.replace('#', String(left));
      left -= 1;
      setTimeout(tick, 1000);
    };
    tick();
  };

  /* Looks quietly whether the page would now say something else, and only then loads it. */
  const watchState = (element) => {
    const seconds = Math.max(3, Number(element.dataset.poll) || 5);
    const look = async () => {
      try {
        const answer = await fetch(location.href, {
          headers: { Accept: 'text/html' },
          credentials: 'same-origin',
        });
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const now = page.querySelector('[data-poll-state]');
        if (answer.ok && now?.dataset.pollState === element.dataset.pollState)
          setTimeout(look, seconds * 1000);
        else location.replace(answer.redirected ? answer.url : location.href);
      } catch {
        setTimeout(look, seconds * 2000);
      }
    };
    setTimeout(look, seconds * 1000);
  };

  const copyText = (button) => {
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard?.writeText(button.dataset.copy);
    });
  };

  for (const form of document.querySelectorAll('form[data-once]')) guardForm(form);
  for (const input of document.querySelectorAll('input[data-show]')) addPasswordSwitch(input);
  for (const button of document.querySelectorAll('button[data-countdown]')) countDown(button);
  for (const element of document.querySelectorAll('[data-poll]')) watchState(element);
  for (const button of document.querySelectorAll('button[data-copy]')) copyText(button);

  /* A form that only carries an answer on to the application. */
  document.querySelector('form[data-go]')?.requestSubmit();

  /* After a refused form the reader and the screen reader start at the message. */
  const message = document.querySelector('[data-focus]');
  if (message) {
    message.tabIndex = -1;
    message.focus();
  }
})();
