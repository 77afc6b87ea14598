//! Profiles built byte by byte: what they make of pixels, what is ignored, what they cost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod build;
mod hostile;
mod known_colours;
mod pillow;
