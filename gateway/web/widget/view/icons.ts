// The widget's own pictures, drawn in code: a shop's policy may forbid pictures from elsewhere.

const space = "http://www.w3.org/2000/svg";

const paths = {
  chat: "M12 3.2c-5 0-9 3.3-9 7.5 0 2.4 1.3 4.5 3.4 5.9l-.7 3.3 3.7-1.9c.8.2 1.7.3 2.6.3 5 0 9-3.4 9-7.6s-4-7.5-9-7.5Z M8.2 10.8h.01 M12 10.8h.01 M15.8 10.8h.01",
  close: "M6 6l12 12 M18 6L6 18",
  send: "M4 12l16-8-5.5 16-3-6.5L4 12Z M11.5 13.5L20 4",
  order: "M6 3h12v18l-3-2-3 2-3-2-3 2V3Z M9 8h6 M9 12h6",
  product: "M4 8l8-4 8 4v8l-8 4-8-4V8Z M4 8l8 4 8-4 M12 12v8",
  parcel: "M3 7h11v9H3V7Z M14 10h4l3 3v3h-7v-6Z M7 18.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z M17.5 18.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  case: "M4 9a8 8 0 0 1 14-3l2 2 M20 4v4h-4 M20 15a8 8 0 0 1-14 3l-2-2 M4 20v-4h4",
  person: "M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z M5 20c.6-3.6 3.4-5.5 7-5.5s6.400 1.900 7 5.500",
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}
