//! What the first bytes are.

use divan::{Bencher, black_box};
use fic_bench::{Picture, Side};
use fic_core::Format;
use fic_sniff::{Sniffed, sniff};

const PICTURES: [Picture; 4] =
    [Picture::Jpeg(Side::Tiny), Picture::Png(Side::Tiny), Picture::WebPLossless(Side::Tiny), Picture::Gif];

#[divan::bench(args = PICTURES)]
fn picture(bencher: Bencher<'_, '_>, picture: Picture) {
    let file = picture.file();
    assert_eq!(sniff(file), Sniffed::Picture(picture.format()));
    bencher.bench(|| sniff(black_box(file)));
}

#[divan::bench]
fn refused_by_name(bencher: Bencher<'_, '_>) {
    let file = b"<?xml version='1.0' encoding='utf-8'?><svg xmlns='http://www.w3.org/2000/svg' width='9'/>";
    assert!(!Format::ALL.into_iter().any(|format| sniff(file) == Sniffed::Picture(format)));
    bencher.bench(|| sniff(black_box(file)));
}
