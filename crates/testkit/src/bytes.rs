//! Byte builders, one for each format: they write exactly what they are told.

pub mod gif;
pub mod jpeg;
pub mod png;
pub mod vp8l;
pub mod webp;
