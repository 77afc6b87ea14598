//! What it costs to be watched: `watched FILE COUNT nobody|events|stages|metrics` makes COUNT thumbnails of FILE while that
//! is installed. Under callgrind the difference of two counts is the price of a call.

use std::io;

use fastimagecache::trail::ecs::{Lines, Shape, Which};
use fastimagecache::{Policy, Recipe, Thumbnailer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: watched FILE COUNT nobody|events|stages|metrics");
    let (upload, count, watcher) = (std::fs::read(next()?)?, next()?.parse::<u32>()?, next()?);
    let lines = |which| Lines::new(Shape::Json, io::sink).with(which);
    match watcher.as_str() {
        "nobody" => {}
        "events" => tracing_subscriber::registry().with(lines(Which::Events).layer()).try_init()?,
        "stages" => tracing_subscriber::registry().with(lines(Which::EventsAndStages).layer()).try_init()?,
        // Without a recorder: what it costs to ask for one.
        "metrics" => fastimagecache::trail::metric::start(),
        other => return Err(format!("nobody watches as {other}").into()),
    }
    let thumbnailer = Thumbnailer::new(Policy::untrusted());
    let mut bytes = 0;
    for _ in 0..count {
        bytes += thumbnailer.thumbnail(&upload, &Recipe::within(64, 64)).map_or(0, |thumb| thumb.bytes.len());
    }
    assert!(count == 0 || bytes > 0 || upload.len() < 100);
    Ok(())
}
