/** Line drawings of our own, 24 × 24, in the colour of the text. Decoration only: the words beside them say it. */
export const ICONS: Record<string, string> = {
  check: '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
  circle_check: '<circle cx="12" cy="12" r="9"/><path d="M8 12.3l2.8 2.8L16 9.5"/>',
  info: '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>',
  warning: '<path d="M12 4L2.8 20h18.4L12 4z"/><path d="M12 10v4.5M12 17.2v.1"/>',
  error: '<circle cx="12" cy="12" r="9"/><path d="M12 7v6.2M12 16.3v.1"/>',
  waiting: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.4 2"/>',
  refused: '<circle cx="12" cy="12" r="9"/><path d="M8.7 8.7l6.6 6.6M15.3 8.7l-6.6 6.6"/>',
  person: '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6"/>',
  building:
    '<path d="M3 20.5h18M4.5 9.5h15L12 4 4.5 9.5zM6.5 9.5v8.5M10.2 9.5v8.5M13.8 9.5v8.5M17.5 9.5v8.5"/>',
  phone:
    '<path d="M6.5 3.5h3l1.5 4-2 1.5a11.5 11.5 0 0 0 6 6l1.5-2 4 1.5v3a2 2 0 0 1-2 2C10.8 19.5 4.5 13.2 4.5 5.5a2 2 0 0 1 2-2z"/>',
  shield:
    '<path d="M12 3l7.5 3v5.5c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V6L12 3z"/><path d="M8.8 12l2.3 2.3 4.1-4.3"/>',
  arrow: '<path d="M9 5l7 7-7 7"/>',
  larger: '<path d="M3 19l5-13 5 13M4.8 14.5h6.4M16 12.5h6M19 9.5v6"/>',
};
