//! The report in Markdown: what was counted, then every file.

use std::fmt::Write;

use crate::decoders::STACK;
use crate::machine;
use crate::outcome::{Outcome, Verdict};
use crate::parent::Row;

/// More than this is slow for a file that an uploader made in a second.
pub(crate) const SLOW_MS: f64 = 100.0;
/// More than this is much for one small picture.
pub(crate) const LARGE_MIB: f64 = 32.0;

const DECODERS: [&str; 5] = ["zune-jpeg", "png", "zune-png", "image-webp", "gif"];

/// The whole report.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("# Hostile files, without and with the gate\n\n");
    out.push_str(&summary(rows));
    out.push_str(&conditions());
    out.push_str(&table(rows));
    out
}

fn summary(rows: &[Row]) -> String {
    let gated: Vec<&Row> = once_each(rows);
    let mut out = format!(
        "{} hostile files, each decoded by the bare crate of its format (PNG by two) and by this stack. What\n\
         starts like none of the four formats is not among them.\n\n\
         | | files | pixels | refused | panic | out of memory | timeout | over {SLOW_MS} ms | over {LARGE_MIB} MiB \
         | worst ms | worst MiB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        gated.len()
    );
    for decoder in DECODERS {
        let outcomes = rows.iter().filter(|row| row.decoder == decoder).map(|row| &row.naked);
        out.push_str(&line(&format!("bare {decoder} {}", machine::version_of(decoder)), outcomes));
    }
    out.push_str(&line("all bare crates", rows.iter().map(|row| &row.naked)));
    out.push_str(&line(&format!("**{STACK}**"), gated.iter().map(|row| &row.gated)));
    out.push_str("\n![The worst files, without and with the gate](report.svg)\n\n");
    out
}

/// A file that two bare crates decode went through the stack once.
fn once_each(rows: &[Row]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| &row.name);
    rows.dedup_by_key(|row| &row.name);
    rows
}

fn line<'a>(name: &str, outcomes: impl Iterator<Item = &'a Outcome>) -> String {
    let outcomes: Vec<&Outcome> = outcomes.collect();
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let slow = count(|o| o.ms > SLOW_MS);
    let large = count(|o| o.demanded_mib() > LARGE_MIB);
    let ms = outcomes.iter().map(|o| o.ms).fold(0.0, f64::max);
    let mib = outcomes.iter().map(|o| o.demanded_mib()).fold(0.0, f64::max);
    format!(
        "| {name} | {} | {} | {} | {} | {} | {} | {slow} | {large} | {} | {} |\n",
        outcomes.len(),
        count(|o| matches!(o.verdict, Verdict::Ok(_))),
        count(|o| matches!(o.verdict, Verdict::Error(_))),
        count(|o| matches!(o.verdict, Verdict::Panic(_) | Verdict::Died(_))),
        count(|o| o.verdict == Verdict::OutOfMemory),
        count(|o| o.verdict == Verdict::Timeout),
        number(ms),
        if mib > 2_048.0 { "over 2048".to_owned() } else { number(mib) },
    )
}

fn conditions() -> String {
    let (date, machine) = (machine::date(), machine::description());
    format!(
        "Measured on {date}, {machine}, by\n`cargo run --release -p fic-testkit --features naked --bin naked`; \
         the files are built by `crates/testkit/src/samples`.\n\n\
         - *Bare*: the crate at its defaults, called as the first example of its documentation calls it, from bytes in\n  \
         memory to pixels; for GIF every frame, as that example does. Cargo features as in this workspace: zune-jpeg\n  \
         and zune-png without SIMD, which costs them time and no memory.\n\
         - *Gated*: `Thumbnailer::new(Policy::untrusted()).thumbnail(file, &Recipe::within(256, 256))`, from bytes in memory\n  \
         to an encoded thumbnail; where pixels come out it has scaled and encoded them too.\n\
         - Every run is a process of its own under 2 GiB of address space and 10 s of processor time, and is repeated\n  \
         three times: the least time and the greatest memory count. Times are wall time up to 20 ms, processor time\n  \
         above (other work ran on the machine).\n\
         - MiB is the peak of resident memory above the level before the call. Up to about 1 MiB of it is code being\n  \
         read from disk. *Out of memory* is an abort of the process; it shows what was held and what was asked for.\n\
         - A refusal by a bare crate and pixels from the gate are no faults in themselves: some of these files are\n  \
         harmless pictures in a strange wrapping. Pixels from a bare crate may be invented where the data is missing.\n\n"
    )
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "## Every file\n\n| row | file | bytes | bare crate | verdict | ms | MiB | gated | ms | MiB |\n\
         |---|---|--:|---|---|--:|--:|---|--:|--:|\n",
    );
    for row in rows {
        let (naked, gated) = (&row.naked, &row.gated);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.id,
            title(&row.name),
            row.file_bytes,
            row.decoder,
            words(&naked.verdict, "error"),
            time(naked),
            memory(naked),
            refusal(&gated.verdict),
            time(gated),
            memory(gated),
        );
    }
    out
}

/// The name without the row, in words.
pub(crate) fn title(name: &str) -> String {
    name.split_once('_').map_or(name, |(_, rest)| rest).replace('_', " ")
}

/// What became of the file, in a few words; `error` stands for any error.
pub(crate) fn words(verdict: &Verdict, error: &str) -> String {
    match verdict {
        Verdict::Ok(size) => format!("pixels {size}"),
        Verdict::Error(_) => error.to_owned(),
        Verdict::Panic(place) => format!("**panic** {place}"),
        Verdict::OutOfMemory => "**out of memory**".to_owned(),
        Verdict::Timeout => "**timeout**".to_owned(),
        Verdict::Died(how) => format!("**died** {how}"),
    }
}

fn refusal(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Error(reason) => words(verdict, reason),
        _ => words(verdict, ""),
    }
}

fn time(outcome: &Outcome) -> String {
    match outcome.verdict {
        Verdict::OutOfMemory | Verdict::Died(_) => "-".to_owned(),
        Verdict::Timeout => "> 10000".to_owned(),
        _ => number(outcome.ms),
    }
}

fn memory(outcome: &Outcome) -> String {
    match outcome.asked_mib {
        Some(asked) => format!("{} + {}", number(outcome.mib), number(asked)),
        None => number(outcome.mib),
    }
}

/// Two digits that mean something.
fn number(value: f64) -> String {
    match value {
        v if v >= 1e6 => format!("{v:.0e}"),
        v if v >= 10.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}
