//! The one thing wanted from EXIF: the orientation.
//!
//! In comes a TIFF structure as EXIF 2.32 embeds it (`II*\0` or `MM\0*`, then the first IFD); out goes the
//! value of tag 0x0112 in that IFD. No other IFD is followed, so a loop or a huge count costs nothing:
//! at most 65,535 entries of 12 bytes that are really there are looked at.

use crate::{Orientation, Reader};

/// Why EXIF gave no orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not a TIFF header, or the IFD lies outside the data.
    Structure,
    /// The tag is there with a value outside 1 to 8, or of a wrong type.
    Value,
}

/// The orientation that `exif` states; upright where it states none. A leading `Exif\0\0` is passed over.
///
/// # Errors
/// [`Unreadable`] where the structure is broken or the value is none of the eight: a finding for the caller,
/// never a reason to refuse the picture.
pub fn orientation(exif: &[u8]) -> Result<Orientation, Unreadable> {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let mut r = Reader::new(tiff);
    let big_endian = match r.array() {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        _ => return Err(Unreadable::Structure),
    };
    let u16_of = |r: &mut Reader<'_>| if big_endian { r.u16_be() } else { r.u16_le() };
    let u32_of = |r: &mut Reader<'_>| if big_endian { r.u32_be() } else { r.u32_le() };
    let first_ifd = u32_of(&mut r).and_then(|at| usize::try_from(at).ok()).ok_or(Unreadable::Structure)?;
    let mut ifd = Reader::new(tiff.get(first_ifd..).ok_or(Unreadable::Structure)?);
    let entries = u16_of(&mut ifd).ok_or(Unreadable::Structure)?;
    for _ in 0..entries {
        let mut entry = Reader::new(ifd.take(12).ok_or(Unreadable::Structure)?);
        let (tag, kind) = (u16_of(&mut entry), u16_of(&mut entry));
        let (count, value) = (u32_of(&mut entry), u16_of(&mut entry));
        if tag == Some(0x0112) {
            const SHORT: u16 = 3;
            let value = value.filter(|_| kind == Some(SHORT) && count == Some(1));
            return value.and_then(Orientation::from_exif).ok_or(Unreadable::Value);
        }
    }
    Ok(Orientation::Upright)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiff(big_endian: bool, ifd: u32, entries: &[(u16, u16, u32, u16)]) -> Vec<u8> {
        let two = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let four = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        out.extend(four(ifd));
        out.extend(two(u16::try_from(entries.len()).unwrap()));
        for &(tag, kind, count, value) in entries {
            out.extend(two(tag));
            out.extend(two(kind));
            out.extend(four(count));
            out.extend(two(value));
            out.extend([0, 0]);
        }
        out
    }

    #[test]
    fn reads_both_byte_orders_with_and_without_the_prefix() {
        for big_endian in [false, true] {
            let plain = tiff(big_endian, 8, &[(0x010f, 2, 1, 0), (0x0112, 3, 1, 6)]);
            assert_eq!(orientation(&plain), Ok(Orientation::Rotate90));
            let mut prefixed = b"Exif\0\0".to_vec();
            prefixed.extend(&plain);
            assert_eq!(orientation(&prefixed), Ok(Orientation::Rotate90));
        }
    }

    #[test]
    fn a_missing_tag_is_upright_and_a_wild_value_is_named() {
        assert_eq!(orientation(&tiff(false, 8, &[])), Ok(Orientation::Upright));
        assert_eq!(orientation(&tiff(false, 8, &[(0x0112, 3, 1, 65_535)])), Err(Unreadable::Value));
        assert_eq!(orientation(&tiff(false, 8, &[(0x0112, 4, 1, 6)])), Err(Unreadable::Value));
    }

    #[test]
    fn an_ifd_outside_the_data_or_cut_short_is_named() {
        assert_eq!(orientation(&tiff(false, u32::MAX, &[])), Err(Unreadable::Structure));
        let mut cut = tiff(true, 8, &[(0x010f, 2, 1, 0), (0x0112, 3, 1, 6)]);
        cut.truncate(cut.len() - 3);
        assert_eq!(orientation(&cut), Err(Unreadable::Structure));
        assert_eq!(orientation(b""), Err(Unreadable::Structure));
    }
}
