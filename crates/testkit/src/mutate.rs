//! Mending what a blind mutation breaks first, so that a fuzzer gets past checksums and lengths.

/// Recomputes every chunk's CRC in a PNG, as far as its lengths lead.
pub fn png_checksums(data: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = data.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let Ok(len) = usize::try_from(u32::from_be_bytes(*head)) else { return };
        let Some(end) = at.checked_add(8).and_then(|start| start.checked_add(len)) else { return };
        let Some(checked) = data.get(at + 4..end) else { return };
        let crc = crc32fast::hash(checked);
        let Some(place) = data.get_mut(end..end + 4) else { return };
        place.copy_from_slice(&crc.to_be_bytes());
        at = end + 4;
    }
}

/// Sets the RIFF size to what is there, and each chunk's size that leads past the end to what is left.
pub fn riff_sizes(data: &mut [u8]) {
    let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
    let total = data.len();
    if let Some(place) = data.get_mut(4..8) {
        place.copy_from_slice(&size(total.saturating_sub(8)));
    }
    let mut at = 12;
    while let Some(place) = data.get_mut(at + 4..at + 8) {
        let left = total.saturating_sub(at + 8);
        let mut len = place.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
        if len > left {
            len = left;
            place.copy_from_slice(&size(left));
        }
        at += 8 + len + len % 2;
    }
}

/// Cuts the length of each JPEG segment before the first scan that leads past the end.
pub fn jpeg_lengths(data: &mut [u8]) {
    let total = data.len();
    let mut at = 2;
    while let Some(&[0xff, marker]) = data.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
        let Some(place) = data.get_mut(at + 2..at + 4) else { return };
        let len = place.first_chunk().map_or(0, |bytes| usize::from(u16::from_be_bytes(*bytes)));
        let most = (total - at - 2).min(65_535);
        if len < 2 || len > most {
            let mended = u16::try_from(most.min(67)).unwrap_or(2).max(2);
            place.copy_from_slice(&mended.to_be_bytes());
            at += 2 + usize::from(mended);
        } else {
            at += 2 + len;
        }
        if marker == 0xda {
            return;
        }
    }
}

/// Whatever of the above fits the file behind the eight bytes of a recipe.
pub fn after_recipe(data: &mut [u8]) {
    let Some((_, upload)) = data.split_first_chunk_mut::<8>() else { return };
    match upload {
        [0x89, ..] => png_checksums(upload),
        [b'R', ..] => riff_sizes(upload),
        [0xff, ..] => jpeg_lengths(upload),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_right_afterwards() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x01abcdX\0\0\0\0".to_vec();
        png_checksums(&mut png);
        assert_eq!(png[17..], crc32fast::hash(b"abcdX").to_be_bytes());
    }

    #[test]
    fn sizes_fit_afterwards_and_short_data_is_left_alone() {
        let mut webp = b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\0\0abcd".to_vec();
        riff_sizes(&mut webp);
        assert_eq!((webp[4], webp[16]), (16, 4));
        for len in 0..24 {
            let mut data = vec![0xff; len];
            png_checksums(&mut data);
            if len >= 8 {
                riff_sizes(&mut data);
            }
            jpeg_lengths(&mut data);
        }
    }
}
