//! Builds WEBP files byte by byte.
