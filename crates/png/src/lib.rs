//! PNG: outline, admission, canonical bytes, decoder.
//!
//! In comes an upload that claims to be a PNG (W3C PNG, third edition, APNG included). [`outline`] walks its
//! chunks once, checks every CRC and decodes no pixel; [`admit`] compares what it found with the limits;
//! [`open`] and [`Decoder`] make packed 8-bit rows from a minimal stream that holds nothing but the header,
//! the palette, the transparency and the image data. What is refused: anything that leaves a pixel in
//! doubt. What is merely sloppy is forgiven and reported as a finding.
//!
//! What is decoded is the default image; the other frames of an APNG are counted and passed over. `gAMA`,
//! `cHRM` and `sRGB` are reported by the outline and change no pixel: a picture without an ICC profile is
//! taken as sRGB, whatever `gAMA` says. Text, `zTXt` and `iTXt` are never inflated.
//!
//! ```
//! use fic_core::{Bands, Budget, Limits, Request};
//!
//! # fn one_grey_pixel() -> Vec<u8> {
//! #     let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
//! #     for (kind, data) in [
//! #         (b"IHDR", &b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"[..]),
//! #         (b"IDAT", b"\x78\x01\x01\x02\0\xfd\xff\0\x7f\0\x81\0\x80"),
//! #         (b"IEND", b""),
//! #     ] {
//! #         file.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
//! #         let body = [&kind[..], data].concat();
//! #         file.extend(&body);
//! #         file.extend(crc32fast::hash(&body).to_be_bytes());
//! #     }
//! #     file
//! # }
//! let upload = one_grey_pixel();
//! let limits = Limits::untrusted();
//! let outline = fic_png::outline(&upload)?;
//! let admitted = fic_png::admit(&upload, &outline, &Request::full(), &limits)?;
//! let budget = Budget::new(&limits);
//! let mut decoder = fic_png::open(admitted, &budget)?;
//! let band = decoder.next_band()?.expect("a picture has a row");
//! assert_eq!((band.first_row, band.bytes), (0, &[0x7f][..]));
//! # Ok::<(), fic_core::Error>(())
//! ```

mod admit;
mod canonical;
mod decode;
mod icc;
mod memory;
mod outline;

pub use admit::{Admitted, Backend, admit, admit_with};
pub use decode::{Decoder, open};
pub use outline::{Animation, ColourType, Outline, outline};
