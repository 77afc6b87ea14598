//! Every line of `corpus/manifest.toml` is held to its word, and so are damaged copies of the small files.
//!
//! Run with `--nocapture` to see the slowest files and how predicted memory compares with what was measured.
//! A million damaged copies take about a minute of one core; nothing is left to chance or skipped.

#![cfg(feature = "targets")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up must fail")]
#![allow(clippy::print_stdout, reason = "what was measured is worth reading")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastimagecache::{
    Enlarge, Error, Kind, Limits, Output, Policy, Recipe, Report, Scratch, Subsampling, Thumbnailer,
    read_upload,
};
use fic_testkit::bytes::gif::{GifBytes, Image};
use fic_testkit::bytes::webp::{BoolBytes, Vp8Header, WebpBytes};
use fic_testkit::corpus::verdict::Verdict;
use fic_testkit::corpus::{self, Line, files_below, place};
use fic_testkit::heap::measure;
use fic_testkit::{samples, valid};

/// No file may take more than this unless it was admitted with a prediction above it.
const MOST_HEAP: u64 = 32 << 20;

/// A larger file is read in pieces of 4,096 bytes only.
const READ_BY_BYTES: usize = 1 << 20;

/// Files up to this size are damaged.
const DAMAGED: usize = 4 << 10;

/// Bytes from the start that are flipped.
const FLIPPED: usize = 512;

/// From here on the pixels decide what is held, and predicted memory is within half again of it. Below, what
/// the encoders might need whatever the size (a PNG's compressor, above all) can be most of the prediction.
const PIXELS_DECIDE: u64 = 256 << 10;

/// The most that is predicted beyond what a smaller picture takes.
const FIXED_EXCESS: u64 = 512 << 10;

/// What a thumbnail of 256 x 256 came to.
struct Run {
    outcome: Result<Report, Error>,
    /// What admission predicted, also where the decoder then refused the file.
    predicted: Option<fastimagecache::Cost>,
    measured: u64,
    took: Duration,
}

impl Run {
    fn of(upload: &[u8]) -> Run {
        let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_scratch(Scratch::new(0));
        let recipe = Recipe::within(256, 256);
        let start = Instant::now();
        let (outcome, measured) =
            measure(|| thumbnailer.thumbnail(upload, &recipe).map(|thumb| thumb.report));
        let took = start.elapsed();
        let predicted = match &outcome {
            Ok(report) => Some(report.predicted),
            Err(_) => thumbnailer.inspect(upload).ok().and_then(|inspection| inspection.predicted),
        };
        Run { outcome, predicted, measured, took }
    }

    fn verdict(&self) -> Verdict {
        Verdict::seen(self.outcome.as_ref().map(|report| &report.findings))
    }

    /// The properties that hold for any bytes at all.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Err(e) = &self.outcome
            && matches!(e.kind(), Kind::Upstream | Kind::Io | Kind::Misuse | Kind::Deadline)
        {
            faults.push(format!("{:?}: {e}", e.kind()));
        }
        let allowed = self.predicted.map_or(MOST_HEAP, |cost| cost.peak_heap);
        if self.measured > allowed {
            faults.push(format!("{} bytes of heap, {allowed} predicted or allowed", self.measured));
        }
        faults
    }

    /// What is wrong with the prediction, where a thumbnail was made: it is too far above what was taken.
    fn excess(&self) -> Option<String> {
        let predicted = self.outcome.as_ref().ok()?.predicted.peak_heap;
        let half_again = self.measured + self.measured / 2;
        let allowed = if self.measured > PIXELS_DECIDE { half_again } else { self.measured + FIXED_EXCESS };
        let measured = self.measured;
        (predicted > allowed).then(|| format!("{measured} bytes of heap, as many as {predicted} predicted"))
    }

    /// Predicted over measured heap, where a thumbnail was made.
    fn ratio(&self) -> Option<f64> {
        let report = self.outcome.as_ref().ok()?;
        Some(report.predicted.peak_heap as f64 / self.measured.max(1) as f64)
    }
}

/// Gives its bytes in pieces of so many.
struct Pieces<'a> {
    left: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.piece.min(into.len());
        (&mut self.left).take(count as u64).read(into)
    }
}

fn check(line: &Line, upload: &[u8], run: &Run) -> Vec<String> {
    let mut faults = run.faults();
    faults.extend(run.excess());
    let (stated, seen) = (Verdict::from(line), run.verdict());
    if !stated.allows(&seen) {
        faults.push(format!("stated {stated:?}, seen {seen:?}"));
    }
    if run.measured > line.max_heap {
        faults.push(format!("{} bytes of heap, the line allows {}", run.measured, line.max_heap));
    }
    if let Some(work) = run.predicted.map(|cost| cost.work)
        && work > line.max_ms * 1_000_000
    {
        faults.push(format!("{work} units of work, the line allows {} ms", line.max_ms));
    }
    if Run::of(upload).verdict() != seen {
        faults.push("another verdict the second time".into());
    }
    for piece in [1, 7, 4_096] {
        if piece == 4_096 || upload.len() <= READ_BY_BYTES {
            faults.extend(check_in_pieces(upload, piece, &seen));
        }
    }
    faults
}

/// What comes of the upload when a reader gives it in pieces, and whether reading stops in time.
fn check_in_pieces(upload: &[u8], piece: usize, seen: &Verdict) -> Option<String> {
    let limits = Limits::untrusted();
    let came = match read_upload(Pieces { left: upload, piece }, &limits) {
        Ok(bytes) if bytes.len() as u64 > limits.max_input_bytes => {
            return Some(format!("{} bytes were read", bytes.len()));
        }
        Ok(bytes) => Run::of(&bytes).verdict(),
        Err(e) => Verdict::seen(Err(&e)),
    };
    (came != *seen).then(|| format!("{came:?} in pieces of {piece}"))
}

/// `work` on every item, on as many threads as there are cores; the answers in the order of the items.
fn on_every_core<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let answer = work(item);
                    done.lock().expect("no panic with the lock held").insert(at, answer);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked").into_values().collect()
}

#[test]
fn every_line_gets_its_verdict_within_its_figures_whole_twice_and_in_pieces() {
    let lines = corpus::lines();
    assert!(lines.len() >= 1_000, "only {} lines", lines.len());
    let walked = on_every_core(&lines, |line| {
        let upload = line.bytes();
        let run = Run::of(&upload);
        let faults = check(line, &upload, &run);
        (run, faults)
    });
    print_slowest(&lines, &walked);
    let large =
        walked.iter().filter(|(run, _)| run.ratio().is_some() && run.measured > PIXELS_DECIDE).count();
    println!("{large} files take more than {PIXELS_DECIDE} bytes and are held to half again");
    let ratios = lines.iter().zip(&walked).filter_map(|(line, (run, _))| {
        let kind = if line.id == "valid" { "valid" } else { "hostile" };
        Some((format!("{kind} {}", line.format()), run.ratio()?))
    });
    print_distribution("predicted / measured heap, every file that is accepted", ratios);
    let wrong: Vec<_> = lines
        .iter()
        .zip(walked)
        .filter(|(_, (_, faults))| !faults.is_empty())
        .map(|(line, (_, faults))| format!("{}: {}", line.path, faults.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

#[test]
fn the_hostile_files_on_disk_are_the_samples_and_no_others() {
    let listed: BTreeSet<_> =
        corpus::lines().into_iter().filter(|line| !line.built).map(|line| line.path).collect();
    let on_disk: BTreeSet<_> =
        place::FOLDERS.into_iter().chain(["regressions"]).flat_map(files_below).collect();
    let (mut hostile, mut bytes_on_disk) = (BTreeSet::new(), 0);
    for sample in samples::all() {
        let bytes = sample.bytes();
        if bytes.len() <= place::LARGEST_ON_DISK {
            let path = place::path(&sample);
            let there = std::fs::read(valid::corpus().join(&path));
            assert!(there.is_ok_and(|there| there == bytes), "{path}: run the bin `corpus` again");
            bytes_on_disk += bytes.len();
            hostile.insert(path);
        }
    }
    hostile.extend(files_below("regressions"));
    assert_eq!(hostile, on_disk);
    let valid: BTreeSet<_> = valid::files("").into_iter().map(|file| file.path).collect();
    assert_eq!(listed, hostile.union(&valid).cloned().collect());
    assert!(hostile.len() >= 200 && bytes_on_disk < 8 << 20);
}

#[test]
fn every_sample_has_a_line_that_says_what_the_sample_says() {
    let lines: BTreeMap<_, _> = corpus::lines().into_iter().map(|line| (line.path.clone(), line)).collect();
    for sample in samples::all() {
        let line = lines
            .get(&place::path(&sample))
            .unwrap_or_else(|| panic!("no line for {sample:?}: run the bin `corpus` again"));
        assert_eq!((line.id.as_str(), line.what.as_str()), (sample.id, sample.what), "{sample:?}");
        assert_eq!(Verdict::from(line), Verdict::from(sample.expect), "{sample:?}");
        assert_eq!(line.reference, place::reference(&sample), "{sample:?}");
    }
}

/// One way to damage a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    CutTo(usize),
    Flip { at: usize, with: u8 },
}

impl Damage {
    fn all(len: usize) -> Vec<Damage> {
        let cuts = (0..len).map(Damage::CutTo);
        let flips = (0..len.min(FLIPPED))
            .flat_map(|at| [Damage::Flip { at, with: 0xff }, Damage::Flip { at, with: 1 << (at % 8) }]);
        cuts.chain(flips).collect()
    }

    fn to(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Damage::CutTo(len) => bytes.truncate(len),
            Damage::Flip { at, with } => bytes[at] ^= with,
        }
        bytes
    }
}

#[test]
fn damaged_copies_of_small_files_neither_panic_nor_pass_their_budget() {
    let lines: Vec<_> = corpus::lines().into_iter().filter(|line| !line.built).collect();
    let walked = on_every_core(&lines, |line| {
        let bytes = line.bytes();
        if bytes.len() >= DAMAGED {
            return (0, Vec::new(), Duration::ZERO);
        }
        let (mut copies, mut faults, mut slowest) = (0, Vec::new(), Duration::ZERO);
        for damage in Damage::all(bytes.len()) {
            let run = Run::of(&damage.to(&bytes));
            copies += 1;
            slowest = slowest.max(run.took);
            faults.extend(run.faults().into_iter().map(|fault| format!("{} {damage:?}: {fault}", line.path)));
        }
        (copies, faults, slowest)
    });
    let copies: usize = walked.iter().map(|(copies, ..)| copies).sum();
    let slowest = walked.iter().zip(&lines).max_by_key(|((_, _, took), _)| *took);
    if let Some(((_, _, took), line)) = slowest {
        println!("{copies} damaged copies; the slowest, of {}, took {took:?}", line.path);
    }
    let faults: Vec<_> = walked.into_iter().flat_map(|(_, faults, _)| faults).collect();
    assert!(copies >= 500_000, "only {copies} damaged copies");
    assert!(faults.is_empty(), "{} of {copies} wrong:\n{}", faults.len(), faults.join("\n"));
}

/// Pictures of a size that people upload: the committed photograph, what our own encoders make of it and of
/// other valid files, and flat ones from the byte builders.
fn ordinary_pictures() -> Vec<(String, Vec<u8>)> {
    let garden = std::fs::read(valid::corpus().join("samples/garden.jpg")).expect("the photograph");
    let mut pictures = Vec::new();
    for (width, height) in [(640, 480), (1_000, 800), (1_200, 1_600)] {
        let mut add = |name: &str, bytes| pictures.push((format!("{name} {width}x{height}"), bytes));
        let fill = Recipe::fill(width, height);
        add("jpeg 4:2:0", made(&garden, fill.with_output(Output::Jpeg)));
        let full_colour = fill.with_output(Output::Jpeg).with_subsampling(Subsampling::S444);
        add("jpeg 4:4:4", made(&garden, full_colour));
        add("jpeg progressive", progressive(&garden, &fill));
        add("png rgb", made(&garden, fill.with_output(Output::Png)));
        add("png rgba", made(&garden, Recipe::pad(width, height, [0; 4]).with_output(Output::Png)));
        add("webp lossless", made(&garden, fill.with_output(Output::WebP)));
        let (short_width, short_height) = (width as u16, height as u16);
        add("gif", gif(short_width, short_height));
        add("webp lossy", vp8(short_width, short_height));
    }
    pictures.push(("jpeg garden.jpg".to_owned(), garden));
    for (format, layout) in [("png", "gray"), ("png", "gray-alpha"), ("jpeg", "gray"), ("jpeg", "cmyk")] {
        let files = valid::files(format);
        let file = files.iter().find(|file| file.layout == layout && file.width >= 32).expect("such a file");
        let output = if format == "png" { Output::Png } else { Output::Jpeg };
        let recipe = Recipe::fill(1_000, 800).with_enlarge(Enlarge::Allow).with_output(output);
        pictures.push((format!("{format} from {layout}"), made(&file.bytes(), recipe)));
    }
    pictures
}

fn made(upload: &[u8], recipe: Recipe) -> Vec<u8> {
    Thumbnailer::default().thumbnail(upload, &recipe).expect("a picture to test with").bytes
}

fn progressive(upload: &[u8], recipe: &Recipe) -> Vec<u8> {
    let pixels = Thumbnailer::default().pixels(upload, recipe).expect("pixels to test with").buffer;
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 85);
    encoder.set_progressive(true);
    let (width, height) = (pixels.width() as u16, pixels.height() as u16);
    encoder
        .encode(pixels.as_bytes(), width, height, jpeg_encoder::ColorType::Rgb)
        .expect("a picture to test with");
    bytes
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    let indices: Vec<u8> =
        (0..u32::from(width) * u32::from(height)).map(|at| (at.wrapping_mul(at) / 977 % 4) as u8).collect();
    let table = [[255, 255, 255], [200, 30, 30], [30, 160, 60], [20, 40, 220]];
    let image = Image::new(width, height).pixels(&indices);
    GifBytes::new(width, height).global_table(&table).image(image).trailer().finish()
}

/// A flat lossy WebP: a true first partition, then a partition of zeros that is long enough.
fn vp8(width: u16, height: u16) -> Vec<u8> {
    let mut first = BoolBytes::with_partitions(0).finish();
    first.resize(first.len() + usize::from(width) * usize::from(height) / 64, 0);
    let stated = first.len() as u32;
    first.resize(first.len() + usize::from(width) * usize::from(height) / 16, 0);
    WebpBytes::new().chunk(b"VP8 ", &Vp8Header::new(width, height, stated).followed_by(&first)).finish()
}

#[test]
fn predicted_memory_is_within_half_again_of_what_ordinary_pictures_take() {
    let pictures = ordinary_pictures();
    let mut wrong = Vec::new();
    for (name, bytes) in &pictures {
        let run = Run::of(bytes);
        let ratio = run.ratio().unwrap_or_else(|| panic!("{name}: {:?}", run.verdict()));
        println!("{name}: {} bytes measured, predicted {ratio:.2} times that", run.measured);
        if !(1.0..=1.5).contains(&ratio) {
            wrong.push(format!("{name}: {ratio:.2}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn print_slowest(lines: &[Line], walked: &[(Run, Vec<String>)]) {
    let mut by_time: Vec<_> = lines.iter().zip(walked).collect();
    by_time.sort_by_key(|(_, (run, _))| std::cmp::Reverse(run.took));
    println!("slowest by the clock:");
    for (line, (run, _)) in by_time.into_iter().take(8) {
        println!("  {:>8.1} ms  {}", run.took.as_secs_f64() * 1_000.0, line.path);
    }
}

fn print_distribution(title: &str, ratios: impl Iterator<Item = (String, f64)>) {
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (group, ratio) in ratios {
        groups.entry(group).or_default().push(ratio);
    }
    println!("{title}:\n  {:<14} files    min     q1 median     q3    p90    max", "");
    for (group, mut ratios) in groups {
        ratios.sort_by(f64::total_cmp);
        let at = |share: usize| ratios[(ratios.len() - 1) * share / 100];
        let [min, q1, median, q3, p90, max] = [0, 25, 50, 75, 90, 100].map(at);
        println!(
            "  {group:<14} {:>5} {min:>6.2} {q1:>6.2} {median:>6.2} {q3:>6.2} {p90:>6.2} {max:>6.2}",
            ratios.len()
        );
    }
}
