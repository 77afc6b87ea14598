//! Hit ratios of the cache's order of eviction beside least-recently-used, on made-up requests: what comes in is
//! nothing, what leaves is a table on standard output and a picture at the path that is given.
//!
//! `cargo run --release -p fic-cache --example hit_ratio -- crates/cache/hit-ratio.svg`
//!
//! The requests are made by a fixed generator: names by Zipf's law, weights from 4 to 68 KiB by name. In the second
//! trace a fifth of the requests are scans: runs of names that are never asked for again.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for the developers")]

#[allow(dead_code, reason = "the cache uses the rest")]
#[path = "../src/policy.rs"]
mod policy;
#[path = "hit_ratio/trace.rs"]
mod trace;

use std::fmt::Write as _;
use std::fs;

use trace::{CAPACITIES, Trace, ratio_of_lru, ratio_of_s3_fifo};

fn main() {
    let mut svg = String::from(concat!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"340\" font-family=\"sans-serif\" ",
        "font-size=\"12\">\n<rect width=\"820\" height=\"340\" fill=\"white\"/>\n"
    ));
    for (at, trace) in [Trace::Zipf, Trace::ZipfWithScans].into_iter().enumerate() {
        let requests = trace.requests();
        let rows: Vec<(u64, f64, f64)> = CAPACITIES
            .iter()
            .map(|&part| {
                let capacity = trace.all_bytes() / part;
                (part, ratio_of_s3_fifo(&requests, capacity), ratio_of_lru(&requests, capacity))
            })
            .collect();
        println!("{}\ncache, part of all bytes | S3-FIFO | LRU", trace.title());
        for (part, s3, lru) in &rows {
            println!("1/{part:<4} {:>6.2} % {:>6.2} %", s3 * 100.0, lru * 100.0);
        }
        draw(&mut svg, at, trace.title(), &rows);
    }
    svg.push_str("</svg>\n");
    if let Some(path) = std::env::args_os().nth(1) {
        fs::write(path, svg).unwrap();
    }
}

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 240.0;

/// One set of axes with a line for each order.
fn draw(svg: &mut String, at: usize, title: &str, rows: &[(u64, f64, f64)]) {
    let (left, top) = (55.0 + at as f64 * 400.0, 40.0);
    let x = |row: usize| left + WIDTH * row as f64 / (rows.len() - 1) as f64;
    let y = |ratio: f64| top + HEIGHT * (1.0 - ratio);
    writeln!(svg, "<text x=\"{left}\" y=\"24\" font-size=\"14\">{title}</text>").unwrap();
    for tenth in (0..=10).step_by(2) {
        let (ratio, right) = (f64::from(tenth) / 10.0, left + WIDTH);
        writeln!(
            svg,
            "<path d=\"M{left} {0:.1}H{right}\" stroke=\"#ddd\"/><text x=\"{1}\" y=\"{2:.1}\" \
             text-anchor=\"end\">{3} %</text>",
            y(ratio),
            left - 6.0,
            y(ratio) + 4.0,
            tenth * 10
        )
        .unwrap();
    }
    for (row, (part, ..)) in rows.iter().enumerate() {
        let below = top + HEIGHT + 18.0;
        writeln!(svg, "<text x=\"{:.1}\" y=\"{below}\" text-anchor=\"middle\">1/{part}</text>", x(row))
            .unwrap();
    }
    for (name, colour, dash, pick) in [
        ("S3-FIFO", "#1b6ca8", "", (|row: &(u64, f64, f64)| row.1) as fn(&(u64, f64, f64)) -> f64),
        ("LRU", "#b5482a", "6 3", |row| row.2),
    ] {
        let mut path = String::new();
        for (at, row) in rows.iter().enumerate() {
            write!(path, "{}{:.1} {:.1}", if at == 0 { "M" } else { "L" }, x(at), y(pick(row))).unwrap();
        }
        let label = y(pick(rows.first().unwrap()));
        let shift = if name == "LRU" { 18.0 } else { -16.0 };
        writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
            x(0) + 4.0, label + shift
        )
        .unwrap();
    }
    let (middle, below) = (left + WIDTH / 2.0, top + HEIGHT + 40.0);
    writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">cache, part of all bytes</text>"
    )
    .unwrap();
}
