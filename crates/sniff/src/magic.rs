//! The signatures that stand at the first byte.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Reader;
use memchr::memmem;

use crate::Foreign;

/// What one recogniser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is this.
    Is(Foreign),
    /// It may become something known, to be seen at this many bytes in all.
    NeedMore(usize),
    /// It is none of the recogniser's.
    No,
}

/// Signatures of fixed bytes. `None` stands for the four formats: their beginnings ask for more bytes.
const SIGNATURES: &[(&[u8], Option<Foreign>)] = &[
    (b"\xff\xd8\xff", None),
    (b"\x89PNG\r\n\x1a\n", None),
    (b"GIF87a", None),
    (b"GIF89a", None),
    (b"#!", Some(Foreign::Script)),
    (b"%!PS", Some(Foreign::Eps)),
    (b"\xc5\xd0\xd3\xc6", Some(Foreign::Eps)),
    (b"%PDF", Some(Foreign::Pdf)),
    (b"8BPS", Some(Foreign::Psd)),
    (b"II*\0", Some(Foreign::Tiff)),
    (b"MM\0*", Some(Foreign::Tiff)),
    (b"II+\0", Some(Foreign::Tiff)),
    (b"MM\0+", Some(Foreign::Tiff)),
    (b"MATLAB ", Some(Foreign::Mat)),
    (b"\x89HDF\r\n\x1a\n", Some(Foreign::Hdf5)),
    (b"PK\x03\x04", Some(Foreign::Zip)),
    (b"PK\x05\x06", Some(Foreign::Zip)),
    (b"PK\x07\x08", Some(Foreign::Zip)),
    (b"\x1f\x8b", Some(Foreign::SvgCompressed)),
    (b"\xff\x0a", Some(Foreign::Jxl)),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Some(Foreign::Jxl)),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Some(Foreign::Jpeg2000)),
    (b"\xff\x4f\xff\x51", Some(Foreign::Jpeg2000)),
    (b"\x76\x2f\x31\x01", Some(Foreign::Exr)),
    (b"qoif", Some(Foreign::Qoi)),
    (b"gimp xcf", Some(Foreign::Xcf)),
];

/// Looks in the table of fixed signatures.
pub(crate) fn table(bytes: &[u8]) -> Match {
    let mut need = Match::No;
    for &(signature, foreign) in SIGNATURES {
        if bytes.starts_with(signature) {
            return foreign.map_or(Match::No, Match::Is);
        }
        if signature.starts_with(bytes) {
            need = match need {
                Match::NeedMore(at_least) => Match::NeedMore(at_least.min(signature.len())),
                _ => Match::NeedMore(signature.len()),
            };
        }
    }
    need
}

/// Signatures that need a look at a field behind two or four weak bytes.
pub(crate) fn by_structure(bytes: &[u8]) -> Match {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => from_len(bytes, 12, |_| Some(Foreign::RiffOther)),
        [b'B', b'M', ..] => from_len(bytes, 18, bmp),
        [0, 0, 1 | 2, 0, ..] => from_len(bytes, 6, icon),
        [b'P', b'1'..=b'7' | b'F' | b'f', ..] => from_len(bytes, 3, netpbm),
        _ if b"RIFF".starts_with(bytes) => Match::NeedMore(12),
        [b'B'] => Match::NeedMore(18),
        [b'P'] => Match::NeedMore(3),
        _ if bytes == [0; 1] || bytes == [0; 2] || bytes == [0, 0, 1] || bytes == [0, 0, 2] => {
            Match::NeedMore(6)
        }
        _ => Match::No,
    }
}

fn from_len(bytes: &[u8], len: usize, judge: impl Fn(&[u8]) -> Option<Foreign>) -> Match {
    if bytes.len() < len { Match::NeedMore(len) } else { judge(bytes).map_or(Match::No, Match::Is) }
}

/// BITMAPFILEHEADER: two reserved words that are zero, then the length of one of the known info headers.
fn bmp(bytes: &[u8]) -> Option<Foreign> {
    const INFO_HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
    let reserved = Reader::at(bytes, 6).u32_le()?;
    let info_header = Reader::at(bytes, 14).u32_le()?;
    (reserved == 0 && INFO_HEADERS.contains(&info_header)).then_some(Foreign::Bmp)
}

/// ICONDIR: at least one entry.
fn icon(bytes: &[u8]) -> Option<Foreign> {
    (Reader::at(bytes, 4).u16_le()? != 0).then_some(Foreign::Ico)
}

/// `P1` to `P7`, `PF`, `Pf`, then white space.
fn netpbm(bytes: &[u8]) -> Option<Foreign> {
    bytes.get(2)?.is_ascii_whitespace().then_some(Foreign::Netpbm)
}

/// What may stand later than at the first byte, asked only when nothing else matched: readers of PDF search
/// its header in the first 1,024 bytes, an HDF5 superblock may follow a user block of 512.
pub(crate) fn late(bytes: &[u8]) -> Option<Foreign> {
    let head = bytes.get(..1024).unwrap_or(bytes);
    if memmem::find(head, b"%PDF-").is_some() {
        return Some(Foreign::Pdf);
    }
    head.get(512..)?.starts_with(b"\x89HDF\r\n\x1a\n").then_some(Foreign::Hdf5)
}
