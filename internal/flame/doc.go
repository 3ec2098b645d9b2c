// Package flame draws flame graphs: as SVG, as a page that needs nothing else, and, with its script, on pages of others.
// The widest frames are drawn first and what is thinner than a pixel is left out, so that a picture is bounded.
package flame
