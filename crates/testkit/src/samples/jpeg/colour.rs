//! J06 to J09, J11 and J12: components, colours and sampling factors that decoders get wrong.

use super::{FindingKind, GREY, JpegBytes, Part, THREE, sample};
use crate::bytes::jpeg::DC;
use crate::samples::{Expect, Sample};

const TWO: &[(u8, u8)] = &[(1, 0x11), (2, 0x11)];
const FOUR: &[(u8, u8)] = &[(1, 0x11), (2, 0x11), (3, 0x11), (4, 0x11)];

pub(super) fn all() -> Vec<Sample> {
    let mut all = components();
    all.extend(sampling());
    all
}

fn components() -> Vec<Sample> {
    vec![
        sample(
            "J06",
            "one_component_then_two",
            "a first scan of one component, a later one of two",
            Expect::Accept(&[]),
            || {
                let start = JpegBytes::new().jfif().tables().frame(0xC0, 32, 32, THREE);
                let luma = start.scan(&[Part::new(1)]).zero_blocks(16, 2);
                luma.scan(&[Part::new(2), Part::new(3)]).zero_blocks(32, 2).end()
            },
        ),
        sample(
            "J07",
            "progressive_grey_with_adobe_ycck",
            "progressive with one component and Adobe transform 2",
            Expect::Accept(&[]),
            || progressive(GREY, Some(2)),
        ),
        sample(
            "J07",
            "progressive_two_components_with_adobe_ycck",
            "progressive with two components and Adobe transform 2",
            Expect::Unsupported,
            || progressive(TWO, Some(2)),
        ),
        sample("J07", "two_components", "baseline with two components", Expect::Unsupported, || {
            baseline(TWO, None)
        }),
        sample(
            "J08",
            "four_components_without_adobe",
            "four components and nothing that says which inks they are",
            Expect::Accept(&[]),
            || baseline(FOUR, None),
        ),
        sample(
            "J08",
            "four_components_adobe_ycbcr",
            "four components and Adobe transform 1, which is for three",
            Expect::Accept(&[FindingKind::ContradictoryHeader]),
            || baseline(FOUR, Some(1)),
        ),
        sample(
            "J08",
            "four_components_adobe_99",
            "four components and an Adobe transform that does not exist",
            Expect::Accept(&[FindingKind::ContradictoryHeader]),
            || baseline(FOUR, Some(99)),
        ),
        sample(
            "J08",
            "three_components_adobe_ycck",
            "three components and Adobe transform 2, which is for four",
            Expect::Accept(&[FindingKind::ContradictoryHeader]),
            || baseline(THREE, Some(2)),
        ),
        sample("J08", "five_components", "five components", Expect::Unsupported, || {
            baseline(&[(1, 0x11), (2, 0x11), (3, 0x11), (4, 0x11), (5, 0x11)], None)
        }),
        sample(
            "J09",
            "one_component_sampled_2x2",
            "one component with sampling factors 2x2, which mean nothing alone",
            Expect::Accept(&[]),
            || {
                let start = JpegBytes::new().jfif().tables().frame(0xC0, 24, 24, &[(1, 0x22)]);
                start.scan(&[Part::new(1)]).zero_blocks(9, 2).end()
            },
        ),
    ]
}

/// A picture of one MCU for components that are not reduced.
fn baseline(components: &[(u8, u8)], adobe: Option<u8>) -> Vec<u8> {
    let parts: Vec<_> = components.iter().map(|&(id, _)| Part::new(id)).collect();
    let start = adobe.into_iter().fold(JpegBytes::new(), JpegBytes::adobe);
    start.tables().frame(0xC0, 8, 8, components).scan(&parts).zero_blocks(parts.len(), 2).end()
}

fn progressive(components: &[(u8, u8)], adobe: Option<u8>) -> Vec<u8> {
    let parts: Vec<_> = components.iter().map(|&(id, _)| Part::new(id)).collect();
    let start = adobe.into_iter().fold(JpegBytes::new(), JpegBytes::adobe);
    start.tables().frame(0xC2, 8, 8, components).scan_of(&parts, DC).zero_blocks(parts.len(), 1).end()
}

fn sampling() -> Vec<Sample> {
    let of = |id, name, what, expect, width, factors: [u8; 3]| {
        sample(id, name, what, expect, move || mixed(width, 40, factors))
    };
    vec![
        of("J11", "narrow_3x1", "five columns, luma sampled 3x1", Expect::Accept(&[]), 5, [0x31, 0x11, 0x11]),
        of("J11", "narrow_4x1", "one column, luma sampled 4x1", Expect::Accept(&[]), 1, [0x41, 0x11, 0x11]),
        of("J12", "mixed_410", "sampling 4:1:0", Expect::Accept(&[]), 50, [0x42, 0x11, 0x11]),
        of("J12", "mixed_h3", "luma sampled 3x2", Expect::Accept(&[]), 50, [0x32, 0x11, 0x11]),
        of("J12", "chroma_larger", "chroma larger than luma", Expect::Accept(&[]), 50, [0x11, 0x22, 0x22]),
        of(
            "J12",
            "three_ratios",
            "each component its own ratio",
            Expect::Accept(&[]),
            50,
            [0x22, 0x21, 0x12],
        ),
        of("J12", "ratio_3_to_2", "a ratio of 3:2", Expect::Unsupported, 50, [0x31, 0x21, 0x11]),
        of("J12", "factor_0", "a sampling factor of 0", Expect::Malformed, 50, [0x21, 0x01, 0x11]),
        of("J12", "factor_5", "a sampling factor of 5", Expect::Malformed, 50, [0x51, 0x11, 0x11]),
        of("J12", "18_blocks_a_unit", "18 blocks in a unit", Expect::Malformed, 50, [0x44, 0x11, 0x11]),
    ]
}

/// An interleaved picture with these sampling factors, whole.
fn mixed(width: u16, height: u16, factors: [u8; 3]) -> Vec<u8> {
    let side = |shift: u8| factors.map(|f| usize::from(f >> shift & 15));
    let (h, v) = (side(4), side(0));
    let largest = |factors: [usize; 3]| factors.into_iter().max().unwrap_or(1).max(1) * 8;
    let units = usize::from(width).div_ceil(largest(h)) * usize::from(height).div_ceil(largest(v));
    let blocks: usize = h.iter().zip(v).map(|(h, v)| h * v).sum();
    let components = [(1, factors[0]), (2, factors[1]), (3, factors[2])];
    let parts = [Part::new(1), Part::new(2), Part::new(3)];
    let start = JpegBytes::new().jfif().tables().frame(0xC0, width, height, &components);
    start.scan(&parts).zero_blocks(units * blocks, 2).end()
}
