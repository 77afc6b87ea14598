//! WebP (RFC 9649; RFC 6386 for lossy frames): from an upload to bands of rows.
//!
//! [`outline`] reads the container in one pass, [`admit`] weighs what decoding the picture, or a
//! frame of an animation, will cost, [`open`] decodes it. The decoders never see the upload: they are
//! handed the bytes of one frame, whose sizes, partitions and prefix codes were checked before.
//!
//! - Lossy pictures come as [`Rgb`](fic_core::PixelLayout::Rgb), with an alpha chunk as
//!   [`Rgba`](fic_core::PixelLayout::Rgba); lossless ones by their alpha bit.
//! - Animations come as `Rgba`: the first frame on a canvas of transparent black, or the canvas at a later frame, with what
//!   blending and disposal left of those before it. Only frames of which something is seen are decoded. The file's
//!   background colour is not used.
//! - A stream or file that ends early is `Malformed`. Where [`Truncated::Accept`](fic_core::Truncated) was asked for, the rows
//!   of a lossless picture that are there are given, and zeros for the others; of a lossy one the macroblocks, and grey.
//! - A lossy picture is decoded at a fraction of its size, where [`Request::at_least`](fic_core::Request) leaves room for
//!   that: each pixel the mean of a square, of which samples count as much as they are opaque. So is a frame of an
//!   animation that is lossy, takes the whole canvas and owes nothing to those before.
//! - Where that is so much less than the picture that the loop filter would not be seen, it is left out:
//!   [`Admitted::lacks_loop_filter`].
//! - With the feature `image-webp`, [`admit_with`] also takes `Backend::ImageWebP`: another decoder for the same frames, a
//!   second opinion. It decodes them whole, at full size, and has no rows of pictures that end early.
//!
//! ```
//! use fic_core::{Bands, Budget, Limits, Request};
//!
//! let file = include_bytes!("../../../corpus/valid/webp/lossy_3x3.webp");
//! let limits = Limits::untrusted();
//! let outline = fic_webp::outline(file)?;
//! let admitted = fic_webp::admit(file, &outline, &Request::full(), &limits)?;
//! let mut decoder = fic_webp::open(admitted, &Budget::new(&limits))?;
//! let band = decoder.next_band()?.unwrap();
//! assert_eq!(band.bytes.len(), 3 * 3 * 3);
//! # Ok::<(), fic_core::Error>(())
//! ```

mod admit;
mod alph;
mod alpha_rows;
mod animation;
mod backend;
mod composed;
mod decoder;
mod frame;
mod outline;
mod riff;
mod shrunk;
mod vp8;
mod vp8l;
mod vp8x;
mod widest;
mod yuv;

use fic_core::{Error, Format, Stage};

pub use admit::{Admitted, admit, admit_with};
pub use backend::Backend;
pub use decoder::{Decoder, open};
pub use frame::Coding;
pub use outline::{Outline, outline};
pub use vp8x::FrameArea;

/// What the outline refuses, and at which byte.
fn malformed(what: &'static str, offset: u64) -> Error {
    Error::malformed(Stage::Outline, Format::WebP, what).at(offset)
}
