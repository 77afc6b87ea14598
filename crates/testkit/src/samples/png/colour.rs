//! P16, P18: palettes, transparency and depths that do not fit.

use fic_core::FindingKind::SloppyLength;

use super::{ACCEPT, CONTRADICTORY, blank, sample};
use crate::bytes::png::{GREY, GREY_ALPHA, PALETTE, PngBytes, RGB, RGBA};
use crate::samples::{Expect, Sample};

pub(super) fn all() -> Vec<Sample> {
    let mut all = vec![
        palette("no_plte", "a palette picture without a palette", Expect::Malformed, |png| png),
        palette("plte_of_257_entries", "a palette of 257 entries", Expect::Malformed, |png| {
            png.chunk(b"PLTE", &[7; 257 * 3])
        }),
        palette("plte_of_no_entry", "a palette of no entry", Expect::Malformed, |png| {
            png.chunk(b"PLTE", &[])
        }),
        palette("plte_of_seven_bytes", "a palette of two entries and a third", Expect::Malformed, |png| {
            png.chunk(b"PLTE", &[7; 7])
        }),
        palette("two_plte", "two palettes", Expect::Malformed, |png| {
            png.chunk(b"PLTE", &[7; 6]).chunk(b"PLTE", &[9; 6])
        }),
        palette("one_entry", "a palette of one entry for indices of eight bits", ACCEPT, |png| {
            png.chunk(b"PLTE", &[7; 3])
        }),
        palette("trns_longer_than_plte", "three transparencies for two entries", CONTRADICTORY, |png| {
            png.chunk(b"PLTE", &[7; 6]).chunk(b"tRNS", &[1, 2, 3])
        }),
        palette("trns_before_plte", "transparency before the palette", CONTRADICTORY, |png| {
            png.chunk(b"tRNS", &[1, 2]).chunk(b"PLTE", &[7; 6])
        }),
        sample(
            "P16",
            "plte_longer_than_the_depth",
            "sixteen entries where an index of two bits can name four",
            Expect::Accept(&[SloppyLength]),
            || {
                let png = PngBytes::new(4, 4, PALETTE, 2).chunk(b"PLTE", &[7; 48]);
                png.idat_stored(&blank(1, 4)).iend().into_vec()
            },
        ),
        sample("P16", "index_without_entry", "indices that name no entry: black", ACCEPT, || {
            let rows = [[0].as_slice(), &[200; 8]].concat().repeat(8);
            let png = PngBytes::new(8, 8, PALETTE, 8).chunk(b"PLTE", &[7; 3]);
            png.idat_stored(&rows).iend().into_vec()
        }),
        sample("P16", "plte_after_idat", "the palette after the image data", Expect::Malformed, || {
            let png = PngBytes::new(8, 8, PALETTE, 8).idat_stored(&blank(8, 8));
            png.chunk(b"PLTE", &[7; 6]).iend().into_vec()
        }),
        sample("P16", "trns_after_idat", "transparency after the image data", CONTRADICTORY, || {
            let png = PngBytes::new(8, 8, GREY, 8).idat_stored(&blank(8, 8));
            png.chunk(b"tRNS", &[0, 0]).iend().into_vec()
        }),
        sample("P16", "trns_of_one_byte", "half a transparent grey", CONTRADICTORY, || {
            let png = PngBytes::new(8, 8, GREY, 8).chunk(b"tRNS", &[0]);
            png.idat_stored(&blank(8, 8)).iend().into_vec()
        }),
        sample("P16", "trns_beside_alpha", "tRNS in a picture that has alpha", CONTRADICTORY, || {
            let png = PngBytes::new(8, 8, GREY_ALPHA, 8).chunk(b"tRNS", &[0, 0]);
            png.idat_stored(&blank(16, 8)).iend().into_vec()
        }),
        sample("P16", "plte_in_grey", "a palette of seven bytes in a grey picture", CONTRADICTORY, || {
            let png = PngBytes::new(8, 8, GREY, 8).chunk(b"PLTE", &[7; 7]);
            png.idat_stored(&blank(8, 8)).iend().into_vec()
        }),
    ];
    for (colour, depth) in
        [(RGB, 4), (RGB, 1), (PALETTE, 16), (RGBA, 2), (GREY, 3), (GREY, 0), (1, 8), (5, 8)]
    {
        let name = format!("colour_{colour}_depth_{depth}");
        let what = "a pair of colour type and depth that PNG does not have";
        all.push(sample("P18", &name, what, Expect::Malformed, move || {
            let png = PngBytes::new(8, 8, colour, depth).chunk(b"PLTE", &[7; 6]);
            png.idat_stored(&blank(64, 8)).iend().into_vec()
        }));
    }
    all
}

fn palette(
    name: &str,
    what: &'static str,
    expect: Expect,
    add: impl Fn(PngBytes) -> PngBytes + Send + Sync + 'static,
) -> Sample {
    sample("P16", name, what, expect, move || {
        add(PngBytes::new(8, 8, PALETTE, 8)).idat_stored(&blank(8, 8)).iend().into_vec()
    })
}
