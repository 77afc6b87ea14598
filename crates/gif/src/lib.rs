//! GIF87a and GIF89a: the first frame, on its canvas.
//!
//! In comes a whole file; [`outline`] walks all of its blocks once and decodes nothing, [`admit`] judges what
//! the first frame will cost, and [`open`] hands out its pixels in bands of rows. Only the first frame is
//! decoded and charged: a file may hold ten thousand more. The LZW decoder is our own, in safe Rust, and sees
//! the data of that frame and nothing else of the upload.
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
mod decode;
mod extension;
mod frame;
mod interlace;
mod lzw;
mod outline;
mod screen;
mod sub_blocks;

pub use admit::{Admitted, admit};
pub use decode::{Decoder, open};
pub use frame::Frame;
pub use outline::{Outline, outline};
