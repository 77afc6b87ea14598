//! J10, J13 to J18, J22 and J24: tables, markers and ends that break the specification.

use super::{FindingKind, GREY, JpegBytes, Limit, Part, THREE, sample, small, small_after};
use crate::bytes::jpeg::DC;
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let mut all = tables();
    all.extend(quantisers_and_lines());
    all.extend(restarts());
    all.extend(truncations());
    all.extend(other_processes());
    all
}

const GREY_SCAN: &[Part] = &[Part::new(1)];

fn tables() -> Vec<Sample> {
    vec![
        sample(
            "J10",
            "undefined_huffman_table",
            "a scan that uses Huffman tables which no segment defines",
            Expect::Malformed,
            || {
                let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 16, GREY);
                start.scan(&[Part::new(1).tables(0x11)]).zero_blocks(4, 2).end()
            },
        ),
        sample(
            "J10",
            "no_huffman_table_at_all",
            "a scan in a file without any Huffman table, as frames of Motion JPEG are",
            Expect::Unsupported,
            || {
                let start = JpegBytes::new().jfif().quantiser(0).frame(0xC0, 16, 16, GREY);
                start.scan(GREY_SCAN).zero_blocks(4, 2).end()
            },
        ),
        sample("J10", "huffman_slot_9", "a scan that uses Huffman slot 9", Expect::Malformed, || {
            let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 16, GREY);
            start.scan(&[Part::new(1).tables(0x99)]).zero_blocks(4, 2).end()
        }),
        sample("J10", "ac_before_dc", "progressive, AC coefficients before DC", Expect::Malformed, || {
            let start = JpegBytes::new().jfif().tables().frame(0xC2, 16, 16, GREY);
            let ac = start.scan_of(GREY_SCAN, (1, 63, 0)).ends_of(4);
            ac.scan_of(GREY_SCAN, DC).zero_blocks(4, 1).end()
        }),
        sample(
            "J13",
            "4_mb_of_tables",
            "4 MB of one-symbol Huffman tables, each built for nothing",
            Expect::Limit(Limit::MaxTableBytes),
            || small_after(JpegBytes::new().repeat(190_000, &one_symbol_table())).end(),
        ),
        sample(
            "J13",
            "900_kb_of_tables",
            "45,000 one-symbol Huffman tables, within the limit",
            Expect::Accept(&[]),
            || small_after(JpegBytes::new().repeat(45_000, &one_symbol_table())).end(),
        ),
        sample(
            "J14",
            "over_subscribed_code",
            "a Huffman table with three codes of one bit",
            Expect::Malformed,
            || small_after(JpegBytes::new().huffman(0x11, &[3], &[0, 1, 2])).end(),
        ),
        sample(
            "J14",
            "code_of_all_ones",
            "a Huffman table that gives out the code of all ones",
            Expect::Malformed,
            || small_after(JpegBytes::new().huffman(0x11, &[2], &[0, 1])).end(),
        ),
        sample("J14", "257_codes", "a Huffman table with more than 256 codes", Expect::Malformed, || {
            let counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 100];
            small_after(JpegBytes::new().huffman(0x11, &counts, &[0; 300])).end()
        }),
        sample(
            "J14",
            "fewer_values_than_codes",
            "a Huffman table whose segment ends before its values",
            Expect::Malformed,
            || small_after(JpegBytes::new().huffman(0x11, &[1, 1, 1], &[0])).end(),
        ),
        sample("J14", "five_bytes_left_over", "a DHT segment five bytes too long", Expect::Malformed, || {
            small_after(JpegBytes::new().huffman(0x11, &[1], &[0, 0, 0, 0, 0, 0])).end()
        }),
        sample("J14", "class_2", "a Huffman table of class 2", Expect::Malformed, || {
            small_after(JpegBytes::new().huffman(0x20, &[1], &[0])).end()
        }),
        sample("J14", "slot_4", "a Huffman table in slot 4", Expect::Malformed, || {
            small_after(JpegBytes::new().huffman(0x04, &[1], &[0])).end()
        }),
        sample("J14", "length_0", "a DHT segment of length 0", Expect::Malformed, || {
            small_after(JpegBytes::new().segment_of_length(0xC4, 0, &[])).end()
        }),
        sample("J14", "dc_size_255", "a DC code for a difference of 255 bits", Expect::Malformed, || {
            let start = JpegBytes::new().quantiser(0).huffman(0x00, &[1], &[255]).huffman(0x10, &[1], &[0]);
            start.frame(0xC0, 16, 16, GREY).scan(GREY_SCAN).zero_blocks(4, 2).end()
        }),
    ]
}

fn one_symbol_table() -> Vec<u8> {
    JpegBytes::empty().huffman(0x11, &[1], &[0]).finish()
}

fn quantisers_and_lines() -> Vec<Sample> {
    let without_quantiser = |side| {
        let start = JpegBytes::new().huffman(0x00, &[1], &[0]).huffman(0x10, &[1], &[0]);
        start.frame(0xC0, side, side, GREY).scan(GREY_SCAN).zero_blocks(4, 2).end()
    };
    let height_0 = || JpegBytes::new().jfif().tables().frame(0xC0, 16, 0, GREY).scan(GREY_SCAN);
    vec![
        sample(
            "J15",
            "huge_frame_without_quantiser",
            "65535 x 65535 with a quantisation table that is not defined",
            Expect::Limit(Limit::MaxPixels),
            move || without_quantiser(65_535),
        ),
        sample(
            "J15",
            "small_frame_without_quantiser",
            "16 x 16 with a quantisation table that is not defined",
            Expect::Malformed,
            move || without_quantiser(16),
        ),
        sample("J15", "precision_2", "a quantisation table of precision 2", Expect::Malformed, || {
            small_after(JpegBytes::new().quantiser(0x20)).end()
        }),
        sample("J15", "slot_4", "a quantisation table in slot 4", Expect::Malformed, || {
            small_after(JpegBytes::new().quantiser(0x04)).end()
        }),
        sample("J15", "cut_short", "a quantisation table of 63 values", Expect::Malformed, || {
            small_after(JpegBytes::new().segment(0xDB, &[1; 64])).end()
        }),
        sample(
            "J16",
            "height_0_with_line_count",
            "height 0, and a DNL segment behind the scan that states it",
            Expect::Unsupported,
            move || height_0().zero_blocks(4, 2).segment(0xDC, &[0, 16]).end(),
        ),
        sample(
            "J16",
            "height_0_with_a_huge_line_count",
            "height 0, and a DNL segment that states 65535",
            Expect::Unsupported,
            move || height_0().zero_blocks(4, 2).segment(0xDC, &[255, 255]).end(),
        ),
        sample("J16", "height_0", "height 0 and no DNL segment", Expect::Unsupported, move || {
            height_0().zero_blocks(4, 2).end()
        }),
        sample("J16", "width_0", "width 0", Expect::Malformed, || {
            let start = JpegBytes::new().jfif().tables().frame(0xC0, 0, 16, GREY);
            start.scan(GREY_SCAN).zero_blocks(4, 2).end()
        }),
        sample(
            "J16",
            "contradictory_line_count",
            "a DNL segment that states another height than the frame",
            Expect::Malformed,
            || small().segment(0xDC, &[255, 255]).end(),
        ),
    ]
}

fn restarts() -> Vec<Sample> {
    /// A picture of 8 blocks, a restart interval of 1, and these restart markers.
    fn with(numbers: &'static [u8]) -> impl Fn() -> Vec<u8> + Send + Sync {
        move || {
            let start = JpegBytes::new().jfif().tables().segment(0xDD, &[0, 1]).frame(0xC0, 64, 8, GREY);
            let block = |file: JpegBytes| file.data(&[0x3F]);
            let first = block(start.scan(GREY_SCAN));
            numbers.iter().fold(first, |file, &number| block(file.restart(number))).end()
        }
    }
    let of = |name, what, expect, numbers| sample("J17", name, what, expect, with(numbers));
    vec![
        of(
            "restart_at_every_block",
            "a restart at every block, in order",
            Expect::Accept(&[]),
            &[0, 1, 2, 3, 4, 5, 6],
        ),
        of("restart_missing", "a restart marker is missing", Expect::Malformed, &[0, 1, 2, 4, 5, 6]),
        of("restart_repeated", "a restart marker comes twice", Expect::Malformed, &[0, 1, 1, 2, 3, 4, 5]),
        of(
            "restart_out_of_order",
            "restart markers in another order",
            Expect::Malformed,
            &[0, 2, 1, 3, 4, 5, 6],
        ),
        of(
            "restart_too_many",
            "more restart markers than blocks",
            Expect::Malformed,
            &[0, 1, 2, 3, 4, 5, 6, 7, 0, 1],
        ),
        of("restarts_all_missing", "no restart marker at all", Expect::Malformed, &[]),
        sample("J17", "restart_without_interval", "restarts without an interval", Expect::Malformed, || {
            let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 8, GREY).scan(GREY_SCAN);
            start.data(&[0x3F]).restart(0).data(&[0x3F]).end()
        }),
        sample(
            "J17",
            "restart_behind_the_last_block",
            "a restart marker behind the last block, which means nothing",
            Expect::Accept(&[FindingKind::SloppyLength]),
            || small().restart(0).end(),
        ),
    ]
}

/// J18: every length of a small file from its third byte on.
fn truncations() -> Vec<Sample> {
    let whole = truncated_file();
    // Without EOI, or with half of it, every pixel is still there.
    let pixels_end = whole.len() - 2;
    (3..whole.len())
        .map(|len| {
            let expect =
                if len < pixels_end { Expect::Malformed } else { Expect::Accept(&[FindingKind::MissingEnd]) };
            let name = format!("j18_truncated_at_{len:03}");
            let what = "a small file that ends early";
            Sample::new("J18", name, "jpg", what, expect, move || truncated_file()[..len].to_vec())
        })
        .collect()
}

/// 64 x 8, each block with a DC difference: no two cuts leave the same picture, and the last byte of data is
/// needed to its last bits.
fn truncated_file() -> Vec<u8> {
    let start = JpegBytes::new().jfif().tables().frame(0xC0, 64, 8, GREY).scan(GREY_SCAN);
    // '10' and a value of '1', then '0' for the end of the block: 8 blocks of 4 bits.
    start.data(&[0b1010_1010; 4]).end()
}

fn other_processes() -> Vec<Sample> {
    let of = |name, what, code: u8, precision: u8| {
        sample("J22", name, what, Expect::Unsupported, move || {
            let start = JpegBytes::new().jfif().tables();
            let frame = start.frame_of_precision(code, precision, 16, 16, GREY);
            frame.scan(GREY_SCAN).zero_blocks(4, 2).end()
        })
    };
    vec![
        of("lossless", "lossless coding (SOF3)", 0xC3, 8),
        of("hierarchical", "a differential frame (SOF5)", 0xC5, 8),
        of("arithmetic", "arithmetic coding (SOF9)", 0xC9, 8),
        of("progressive_arithmetic", "progressive arithmetic coding (SOF10)", 0xCA, 8),
        of("lossless_arithmetic", "lossless arithmetic coding (SOF11)", 0xCB, 8),
        of("12_bits", "12 bits a sample (SOF1)", 0xC1, 12),
        of("12_bits_progressive", "12 bits a sample (SOF2)", 0xC2, 12),
        sample("J24", "two_frames", "two frame headers, the second one huge", Expect::Malformed, || {
            let start = JpegBytes::new().jfif().tables().frame(0xC0, 16, 16, GREY);
            start.frame(0xC0, 30_000, 30_000, GREY).scan(GREY_SCAN).zero_blocks(4, 2).end()
        }),
        sample(
            "J24",
            "second_frame_behind_the_scan",
            "a second frame header behind the scan",
            Expect::Malformed,
            || small().frame(0xC0, 16, 16, THREE).end(),
        ),
    ]
}
