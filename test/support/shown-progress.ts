import type { Page } from 'playwright-core';

/** Records each value of the progress bars of the page, by their names, such as "Uploading: clip.mp4". */
export async function recordProgress(page: Page): Promise<() => Promise<Readonly<Record<string, readonly number[]>>>> {
  const record = await page.evaluateHandle(() => {
    const shown: Record<string, number[]> = {};
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll('progress')) {
        const values = (shown[bar.getAttribute('aria-label') ?? ''] ??= []);
        if (!bar.hidden && bar.hasAttribute('value') && values.at(-1) !== bar.value) values.push(bar.value);
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
    return shown;
  });
  return () => record.jsonValue();
}

/** Returns the values between the start and the end, which only a moving bar has. */
export function partsOf(values: readonly number[] = []): readonly number[] {
  return values.filter((value) => value > 0 && value < 1);
}
