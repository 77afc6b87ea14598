//! The picture for the README: the worst file of each row, time and memory, without and with the gate.

use std::fmt::Write;

use crate::outcome::{Outcome, Verdict};
use crate::parent::Row;
use crate::report::title;

const ROWS: usize = 20;
const WIDTH: f64 = 1_140.0;
const ROW_HEIGHT: f64 = 24.0;
const TOP: f64 = 132.0;
const BOTTOM: f64 = 78.0;

const TIME: Axis = Axis {
    left: 440.0,
    width: 310.0,
    title: "time, milliseconds",
    ticks: &[
        (0.01, "0.01"),
        (0.1, "0.1"),
        (1.0, "1"),
        (10.0, "10"),
        (100.0, "100"),
        (1e3, "1 000"),
        (1e4, "10 000"),
    ],
};
const MEMORY: Axis = Axis {
    left: 800.0,
    width: 300.0,
    title: "peak memory, MiB",
    ticks: &[(0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (1_000.0, "1 000"), (2_048.0, "")],
};

const PAPER: &str = "#fbfaf7";
const INK: &str = "#22262b";
const FAINT: &str = "#5b636d";
const GRID: &str = "#dcdad3";
const BARE: &str = "#c2410c";
const GATED: &str = "#0f6f8f";

/// A logarithmic axis.
struct Axis {
    left: f64,
    width: f64,
    title: &'static str,
    ticks: &'static [(f64, &'static str)],
}

impl Axis {
    /// Where a value is; what is past an end is drawn at that end.
    fn at(&self, value: f64) -> f64 {
        let first = self.ticks.first().map_or(1.0, |tick| tick.0);
        let last = self.ticks.last().map_or(10.0, |tick| tick.0);
        let share = (value.clamp(first, last) / first).ln() / (last / first).ln();
        self.left + self.width * share
    }
}

/// The picture.
pub(crate) fn svg(rows: &[Row]) -> String {
    let worst = worst(rows);
    let height = TOP + ROW_HEIGHT * worst.len() as f64 + BOTTOM;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Hostile pictures: time and memory of bare decoders and of fastimagecache</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    out.push_str(&heading(rows));
    for axis in [&TIME, &MEMORY] {
        out.push_str(&grid(axis, TOP + ROW_HEIGHT * worst.len() as f64));
    }
    for (index, row) in worst.iter().enumerate() {
        out.push_str(&bars(row, TOP + ROW_HEIGHT * (index as f64 + 0.5)));
    }
    out.push_str(&footer(height));
    out.push_str("</svg>\n");
    out
}

/// The worst file of each row of the list, the worst rows first.
fn worst(rows: &[Row]) -> Vec<&Row> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|a, b| badness(&b.naked).total_cmp(&badness(&a.naked)));
    let mut seen = Vec::new();
    sorted.retain(|row| {
        let is_new = !seen.contains(&row.id);
        seen.push(row.id);
        is_new
    });
    sorted.truncate(ROWS);
    sorted
}

/// The larger share of what a child may take; an end before its time is worse than any.
fn badness(outcome: &Outcome) -> f64 {
    let share = (outcome.ms / 10_000.0).max(outcome.demanded_mib() / 2_048.0).min(1.0);
    match outcome.verdict {
        Verdict::OutOfMemory | Verdict::Timeout => 3.0 + share,
        Verdict::Panic(_) | Verdict::Died(_) => 2.0 + share,
        Verdict::Ok(_) | Verdict::Error(_) => share,
    }
}

fn heading(rows: &[Row]) -> String {
    let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    names.dedup();
    let count = |wanted: fn(&Verdict) -> bool, side: fn(&Row) -> &Outcome| {
        rows.iter().filter(|row| wanted(&side(row).verdict)).count()
    };
    let ends: fn(&Verdict) -> bool = |verdict| !matches!(verdict, Verdict::Ok(_) | Verdict::Error(_));
    let (bare, gated) = (count(ends, |row| &row.naked), count(ends, |row| &row.gated));
    let mut out = String::new();
    out.push_str(&text(
        24.0,
        38.0,
        20,
        INK,
        "start",
        "What hostile pictures cost, without and with the gate",
    ));
    let line = format!(
        "The worst file of each of the {ROWS} worst rows, of {} files in all. Panics, aborts and timeouts over all of them: \
         {bare} bare, {gated} gated.",
        names.len()
    );
    out.push_str(&text(24.0, 62.0, 13, FAINT, "start", &line));
    out.push_str(&disc(30.0, 86.0, BARE));
    out.push_str(&text(42.0, 90.5, 13, INK, "start", "bare decoder crate, decoding"));
    out.push_str(&cross(262.0, 86.0));
    out.push_str(&text(275.0, 90.5, 13, INK, "start", "panic, abort or timeout"));
    out.push_str(&disc(470.0, 86.0, GATED));
    out.push_str(&text(
        482.0,
        90.5,
        13,
        INK,
        "start",
        "fastimagecache, whole way to a 256-pixel thumbnail or a refusal",
    ));
    out
}

fn grid(axis: &Axis, bottom: f64) -> String {
    let mut out = text(axis.left, TOP - 20.0, 12, INK, "start", axis.title);
    for (value, label) in axis.ticks {
        let x = axis.at(*value);
        let _ = writeln!(out, "<path d=\"M{x:.1} {TOP}V{bottom:.1}\" stroke=\"{GRID}\"/>");
        out.push_str(&text(x, bottom + 17.0, 11, FAINT, "middle", label));
    }
    out
}

fn bars(row: &Row, y: f64) -> String {
    let mut out = text(24.0, y + 4.5, 12, INK, "start", &format!("{} {}", row.id, title(&row.name)));
    out.push_str(&text(
        426.0,
        y + 4.5,
        11,
        FAINT,
        "end",
        &format!("{}, {}", bytes(row.file_bytes), row.decoder),
    ));
    let timed = !matches!(row.naked.verdict, Verdict::OutOfMemory | Verdict::Died(_));
    if timed {
        out.push_str(&pair(&TIME, y, row.naked.ms, row.gated.ms, &row.naked.verdict));
    } else {
        out.push_str(&disc(TIME.at(row.gated.ms), y, GATED));
        out.push_str(&text(TIME.at(1e4), y + 4.0, 11, BARE, "end", "process aborted"));
    }
    out.push_str(&pair(&MEMORY, y, row.naked.demanded_mib(), row.gated.mib, &row.naked.verdict));
    out
}

/// A file's size in short.
fn bytes(count: usize) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

/// Two marks and the way between them.
fn pair(axis: &Axis, y: f64, bare: f64, gated: f64, verdict: &Verdict) -> String {
    let (from, to) = (axis.at(gated), axis.at(bare));
    let mut out = format!(
        "<path d=\"M{from:.1} {y:.1}H{to:.1}\" stroke=\"{FAINT}\" stroke-width=\"2\" opacity=\"0.45\"/>\n"
    );
    out.push_str(&disc(from, y, GATED));
    match verdict {
        Verdict::Ok(_) | Verdict::Error(_) => out.push_str(&disc(to, y, BARE)),
        _ => out.push_str(&cross(to, y)),
    }
    out
}

fn footer(height: f64) -> String {
    let lines = [
        "Both axes are logarithmic; less is better; values past an end are drawn at that end. Each process had 2 GiB \
         (the last line on the right) and 10 s.",
        "Memory is resident memory above the start; for an abort, what was held plus what was asked for. Conditions \
         and every file: corpus/REPORT.md.",
    ];
    lines
        .iter()
        .zip([34.0, 16.0])
        .map(|(line, up)| text(24.0, height - up, 11, FAINT, "start", line))
        .collect()
}

fn disc(x: f64, y: f64, colour: &str) -> String {
    format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/>\n")
}

fn cross(x: f64, y: f64) -> String {
    let path = format!("M{:.1} {:.1}l10 10m0 -10l-10 10", x - 5.0, y - 5.0);
    format!("<path d=\"{path}\" stroke=\"{BARE}\" stroke-width=\"3\" fill=\"none\"/>\n")
}

fn text(x: f64, y: f64, size: u32, colour: &str, anchor: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\">{words}</text>\n"
    )
}
