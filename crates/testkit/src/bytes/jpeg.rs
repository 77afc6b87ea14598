//! Builds JPEG files byte by byte.
