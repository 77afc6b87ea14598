//! `cache`: how full a cache is, whether it is whole, and less of it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use fastimagecache::cache::{Cache, Config, SourceId, Tending};
use fastimagecache::{Error, Kind, Stage};

use crate::arguments::{CacheArguments, CacheCommand, RoomArguments};
use crate::failure::{Failure, Tally};

/// Opens the cache for `thumb` and `warm`, making it where it is missing.
pub(crate) fn open(root: &Path, room: &RoomArguments) -> Result<Cache, Failure> {
    let config = Config::new(room.cache_quota.0);
    Cache::open(root, config).map_err(|error| Failure::of(root, error))
}

/// Does what `command` says.
pub(crate) fn run(command: &CacheCommand) -> Result<Tally, Failure> {
    match command {
        CacheCommand::Stat(at) => stat(&existing(at)?),
        CacheCommand::Verify(at) => verify(&existing(at)?, &at.root),
        CacheCommand::Trim { cache, to } => {
            let bytes = existing(cache)?.trim_to(to.0);
            say(&format!("{bytes} bytes evicted\n"))
        }
        CacheCommand::Purge { cache, source } => {
            let unreadable = |e| Failure::io(source, "opening the file failed", e);
            let file = File::open(source).map_err(unreadable)?;
            let id = SourceId::of_file(&file).map_err(unreadable)?;
            let removed = existing(cache)?.remove_source(id).map_err(|e| Failure::of(&cache.root, e))?;
            say(&format!("{removed} entries removed\n"))
        }
        CacheCommand::Clear(at) => {
            let removed = existing(at)?.clear().map_err(|e| Failure::of(&at.root, e))?;
            say(&format!("{removed} entries removed\n"))
        }
    }
}

fn stat(cache: &Cache) -> Result<Tally, Failure> {
    let stats = cache.stats();
    say(&format!("entries {}\nbytes {}\n", stats.disk_entries, stats.disk_bytes))
}

fn verify(cache: &Cache, root: &Path) -> Result<Tally, Failure> {
    let verified = cache.verify().map_err(|error| Failure::of(root, error))?;
    let mut failures = Vec::new();
    for (name, damage) in &verified.damaged {
        let path = root.join("v1").join(name.get(..2).unwrap_or_default()).join(name);
        let failure = Failure::told(&path, Error::new(Kind::Malformed, Stage::Cache, damage.name()));
        failure.print();
        failures.push(failure);
    }
    let (whole, bytes, expired) = (verified.entries, verified.bytes, verified.expired);
    let damaged = failures.len();
    say(&format!(
        "{whole} entries whole ({bytes} bytes), {expired} expired and {damaged} damaged deleted\n"
    ))?;
    Ok(Tally { done: 1, failures })
}

/// The cache that is there; with room for whatever is in it, so that looking at it evicts nothing.
fn existing(at: &CacheArguments) -> Result<Cache, Failure> {
    let root = &at.root;
    File::open(root.join("FORMAT")).map_err(|e| Failure::io(root, "there is no cache", e))?;
    let config = Config::new(u64::MAX)
        .with_max_entry_bytes(4 << 30)
        .with_min_free_bytes(0)
        .with_resident(0, 0)
        .with_tending(Tending::Inline);
    Cache::open(root, config).map_err(|error| Failure::of(root, error))
}

fn say(text: &str) -> Result<Tally, Failure> {
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Failure::io(Path::new("-"), "writing the output failed", e))?;
    Ok(Tally { done: 1, failures: Vec::new() })
}
