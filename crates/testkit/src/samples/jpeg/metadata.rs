//! J19 to J21 and J23: profiles, EXIF, second pictures, junk.

use super::{FindingKind, JpegBytes, Limit, sample, small, small_after};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let mut all = profiles();
    all.extend(exif());
    all.extend(second_pictures());
    all.extend(junk());
    all
}

fn profiles() -> Vec<Sample> {
    let ignored = Expect::Accept(&[FindingKind::IccIgnored]);
    let of = |name, what, numbers: &'static [(u8, u8)]| {
        sample("J19", name, what, ignored, move || {
            let start = JpegBytes::new().jfif();
            small_after(numbers.iter().fold(start, |file, &(n, count)| file.icc(n, count, &[7; 100]))).end()
        })
    };
    vec![
        sample("J19", "255_full_segments", "an ICC profile of 16 MB in 255 segments", ignored, || {
            let full = vec![7; 65_519];
            let start = JpegBytes::new().jfif();
            small_after((1..=255).fold(start, |file, n| file.icc(n, 255, &full))).end()
        }),
        of("repeated_number", "two ICC segments with the same number", &[(1, 2), (1, 2)]),
        of("number_0", "ICC segments numbered from 0", &[(0, 2), (1, 2)]),
        of("missing_number", "an ICC segment is missing", &[(1, 3), (3, 3)]),
        of("different_counts", "ICC segments that state different counts", &[(1, 2), (2, 3)]),
        of("count_0", "an ICC segment of a profile in 0 segments", &[(1, 0)]),
    ]
}

fn exif() -> Vec<Sample> {
    /// A TIFF structure with one entry, and the offset of the next IFD.
    fn tiff(ifd: u32, entries: u16, entry: [u16; 6], next: u32) -> Vec<u8> {
        let mut out = b"MM\0*".to_vec();
        out.extend(ifd.to_be_bytes());
        out.extend(entries.to_be_bytes());
        out.extend(entry.iter().flat_map(|word| word.to_be_bytes()));
        out.extend(next.to_be_bytes());
        out
    }
    const ORIENTATION: u16 = 0x0112;
    let of = |name, what, expect, tiff: Vec<u8>| {
        sample("J20", name, what, expect, move || small_after(JpegBytes::new().exif(&tiff)).end())
    };
    let ignored = Expect::Accept(&[FindingKind::ExifIgnored]);
    let metadata = Expect::Accept(&[FindingKind::Metadata]);
    vec![
        of(
            "ifd_points_to_itself",
            "an EXIF directory whose next directory is itself",
            metadata,
            tiff(8, 1, [0x010F, 2, 0, 1, 0, 0], 8),
        ),
        of(
            "huge_counts",
            "an EXIF directory that claims 65535 entries of 4 GB",
            ignored,
            tiff(8, 0xFFFF, [0x010F, 2, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF], 0),
        ),
        of(
            "orientation_65535",
            "orientation 65535",
            ignored,
            tiff(8, 1, [ORIENTATION, 3, 0, 1, 0xFFFF, 0], 0),
        ),
        of(
            "orientation_with_a_huge_count",
            "an orientation that claims 2^32-1 values",
            ignored,
            tiff(8, 1, [ORIENTATION, 3, 0xFFFF, 0xFFFF, 6, 0], 0),
        ),
        of(
            "ifd_outside",
            "an EXIF directory far behind the end of the segment",
            ignored,
            tiff(0xFFFF_FFF0, 1, [ORIENTATION, 3, 0, 1, 6, 0], 0),
        ),
        of("empty", "an EXIF segment without anything in it", ignored, vec![]),
    ]
}

fn second_pictures() -> Vec<Sample> {
    const MPF: &[u8] = b"MPF\0MM\0*\0\0\0\x08\0\0";
    let embedded = Expect::Accept(&[FindingKind::EmbeddedPicture]);
    vec![
        sample("J21", "gain_map", "a multi-picture index and a second picture", embedded, || {
            let mut file = small_after(JpegBytes::new().jfif().segment(0xE2, MPF)).end();
            file.extend(small().end());
            file
        }),
        sample("J21", "picture_behind_the_end", "a second picture without an index", embedded, || {
            let mut file = small().end();
            file.extend(small().end());
            file
        }),
        sample(
            "J21",
            "20_mb_of_app2",
            "20 MB of APP2 segments",
            Expect::Limit(Limit::MaxMetadataBytes),
            || {
                let full = JpegBytes::empty().segment(0xE2, &vec![b'x'; 65_533]).finish();
                small_after(JpegBytes::new().repeat(320, &full)).end()
            },
        ),
        sample(
            "J21",
            "million_small_app2",
            "a million APP2 segments of eight bytes",
            Expect::Accept(&[FindingKind::Metadata]),
            || {
                let tiny = JpegBytes::empty().segment(0xE2, b"MPF\0tiny").finish();
                small_after(JpegBytes::new().repeat(1_000_000, &tiny)).end()
            },
        ),
        sample(
            "J21",
            "100000_extended_xmp",
            "100,000 segments of extended XMP (quadratic in decoders that put them together)",
            Expect::Accept(&[FindingKind::Metadata]),
            || {
                let xmp = [b"http://ns.adobe.com/xmp/extension/\0".as_slice(), &[b'0'; 40], b"x"].concat();
                let segment = JpegBytes::empty().segment(0xE1, &xmp).finish();
                small_after(JpegBytes::new().repeat(100_000, &segment)).end()
            },
        ),
    ]
}

fn junk() -> Vec<Sample> {
    let found = Expect::Accept(&[FindingKind::JunkBetweenChunks]);
    let of = |name, what, expect, times: usize, byte: u8| {
        sample("J23", name, what, expect, move || {
            small_after(JpegBytes::new().jfif().repeat(times, &[byte])).end()
        })
    };
    vec![
        of("10_mb_of_fill", "10 MB of fill bytes in front of a marker", found, 10 << 20, 0xFF),
        of("10_mb_of_junk", "10 MB of junk between two segments", found, 10 << 20, b'j'),
        of(
            "20_mb_of_junk",
            "20 MB of junk between two segments",
            Expect::Limit(Limit::MaxMetadataBytes),
            20 << 20,
            b'j',
        ),
        sample("J23", "10_mb_of_stuffing", "10 MB of stuffed bytes between two segments", found, || {
            small_after(JpegBytes::new().jfif().repeat(5 << 20, &[0xFF, 0x00])).end()
        }),
        sample(
            "J23",
            "10_mb_behind_the_last_block",
            "10 MB of data behind the last block of the scan",
            Expect::Accept(&[]),
            || small().repeat(10 << 20, &[0x55]).end(),
        ),
        sample(
            "J23",
            "million_fill_runs_in_data",
            "a million runs of 0xFF in the data of a scan",
            Expect::Accept(&[]),
            || small().repeat(1 << 20, &[0xFF, 0xFF, 0xFF, 0x00]).end(),
        ),
    ]
}
