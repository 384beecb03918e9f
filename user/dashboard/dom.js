// SPDX-License-Identifier: GPL-2.0-only
// Elements, without markup in strings: names come from policies and drivers.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on"))
			node.addEventListener(name.slice(2), value);
		else if (value != null && value !== false)
			node.setAttribute(name, value === true ? "" : value);
	}
	node.append(...children.filter((child) => child != null));
	return node;
}

export function el(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Writes only what has changed, so that nothing is announced or selected away. */
export function text(node, value) {
	if (node.textContent !== value)
		node.textContent = value;
}

export function byId(id) {
	return document.getElementById(id);
}

/** A colour of the style sheet. */
export function colour(name) {
	return getComputedStyle(document.documentElement)
		.getPropertyValue(`--${name}`).trim();
}
