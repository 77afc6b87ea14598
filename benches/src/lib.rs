//! What the benchmarks and `fic-peer` share: pictures to work on, the way to a decoder of any format, and how
//! far two pictures are apart.
//!
//! Not published. Pictures are made here from `corpus/samples/garden.jpg`, always the same ones; nothing but
//! the repository is needed. What is compared with other libraries is made by `benches/peers/make_set.py`.

#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot be set up must fail")]

mod decode;
mod encoders;
mod likeness;
mod photo;
mod pictures;

pub use decode::{Decoded, at_least, decode, for_each_band, outline};
pub use encoders::second_opinion;
pub use likeness::psnr;
pub use photo::{Raster, photo, screen};
pub use pictures::{Picture, Side};
