//! One pass over the container: no pixel is decoded, every checksum of a PNG is compared.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use fic_bench::{Picture, outline};

#[divan::bench(args = Picture::ALL, max_time = 1)]
fn draw(bencher: Bencher<'_, '_>, picture: Picture) {
    let file = picture.file();
    let header = outline(file).expect("an outline");
    assert_eq!((header.width.get(), header.height.get()), picture.size());
    bencher.counter(BytesCount::new(file.len())).bench(|| outline(black_box(file)));
}
