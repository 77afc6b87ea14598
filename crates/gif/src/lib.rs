//! GIF87a and GIF89a: one frame, on its canvas.
//!
//! In comes a whole file; [`outline`] walks all of its blocks once and decodes nothing, [`admit`] judges what
//! the frame that is asked for will cost, and [`open`] hands out its pixels in bands of rows. Only that frame is
//! decoded and charged, the first where no other is asked for: a file may hold ten thousand more. The LZW decoder is
//! our own, in safe Rust, and sees the data of a frame and nothing else of the upload.
//!
//! A later frame is the canvas as browsers show it at that frame, from transparent black on: disposal 2 clears a frame's
//! place to transparent, 3 and 4 take the frame back, and the screen's background colour is not used. Only the
//! frames that are still seen, or whose place is, are decoded.
//!
//! What is read leniently is what browsers read so, with a finding: a missing trailer, a screen smaller than
//! its first frame, unknown extensions, bytes after the trailer. What leaves pixels in doubt is refused: no
//! colour table, an impossible code size, codes that were never defined, data that ends too early.
//!
//! ```
//! use fic_core::{Bands, Budget, Limits, Request};
//!
//! let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
//! let limits = Limits::untrusted();
//! let outline = fic_gif::outline(gif)?;
//! let admitted = fic_gif::admit(gif, &outline, &Request::full(), &limits)?;
//! let mut decoder = fic_gif::open(admitted, &Budget::new(&limits))?;
//! assert_eq!(decoder.next_band()?.map(|band| band.bytes), Some(&[255, 0, 0][..]));
//! # Ok::<(), fic_core::Error>(())
//! ```

mod admit;
mod compose;
mod composed;
mod decode;
mod extension;
mod frame;
mod images;
mod interlace;
mod lzw;
mod outline;
mod screen;
mod sequence;
mod sub_blocks;

pub use admit::{Admitted, admit};
pub use decode::{Decoder, open};
pub use frame::Frame;
pub use outline::{Outline, outline};
