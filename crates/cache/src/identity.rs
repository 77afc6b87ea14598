//! The file that says that a folder is a cache of ours, of which version, and which one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use sha2::{Digest as _, Sha256};

use crate::folder::{Folder, Linked, SHARDS};
use crate::gate::try_exclusive;
use crate::header::VERSION;

const NAME: &str = "FORMAT";
const START: &str = "fastimagecache ";
/// All names that we leave in the folder.
const OURS: [&str; 5] = ["v1", "lock", "tmp", "usage", NAME];
const TRIES: u32 = 100;

/// Opens the cache in `folder`, or makes one where there is nothing yet; the seed of its checksums.
///
/// A folder that holds something else is not touched, whatever it is called. A damaged file is written anew, with a new
/// identity: the entries of the old one are then misses.
pub(crate) fn open(folder: &Folder) -> io::Result<u64> {
    let is_ours = match folder.read_small(NAME, 128)?.as_deref().map(parse) {
        Some(Parsed::Seed(_) | Parsed::OtherVersion) => true,
        None => folder.has_only(&OURS)?,
        // A file of that name may be anybody's: it is replaced only where everything else is as we leave it.
        Some(Parsed::Damaged) => {
            folder.has_only(&OURS)? && folder.has_folder("v1")? && folder.has_folder("lock")?
        }
    };
    if !is_ours {
        let what = "the folder holds something and is not a cache";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    for name in ["v1", "lock"] {
        folder.make(name)?;
    }
    for shard in 0..SHARDS {
        folder.make(&format!("v1/{shard:02x}"))?;
    }
    for _ in 0..TRIES {
        match folder.read_small(NAME, 128)?.as_deref().map(parse) {
            Some(Parsed::Seed(seed)) => return Ok(seed),
            Some(Parsed::OtherVersion) => {
                let what = "the cache is of another version";
                return Err(io::Error::new(io::ErrorKind::Unsupported, what));
            }
            // One process at a time, or the second would remove what the first put there.
            Some(Parsed::Damaged) => match try_exclusive(folder, "lock/janitor")? {
                Some(_alone) => {
                    if let Some(Parsed::Damaged) = folder.read_small(NAME, 128)?.as_deref().map(parse) {
                        folder.remove_small(NAME)?;
                        write(folder)?;
                    }
                }
                None => std::thread::sleep(std::time::Duration::from_millis(5)),
            },
            None => match write(folder) {
                // Another process took its draft for one that was left behind.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                written => written?,
            },
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the cache's identity cannot be written"))
}

enum Parsed {
    Damaged,
    OtherVersion,
    Seed(u64),
}

/// `fastimagecache 1 64 <32 digits>`: version, row alignment, id.
fn parse(text: &[u8]) -> Parsed {
    let Some(fields) = std::str::from_utf8(text).ok().and_then(|text| text.strip_prefix(START)) else {
        return Parsed::Damaged;
    };
    let mut words = fields.split_whitespace();
    match words.next().and_then(|version| version.parse::<u16>().ok()) {
        Some(VERSION) => {}
        Some(_) => return Parsed::OtherVersion,
        None => return Parsed::Damaged,
    }
    let (alignment, id) = (words.next(), words.next().filter(|id| id.len() == 32));
    match (alignment, id.and_then(|id| u128::from_str_radix(id, 16).ok())) {
        (Some("64"), Some(id)) => Parsed::Seed((id >> 64) as u64),
        _ => Parsed::Damaged,
    }
}

/// A cache's id is to differ from every other's, not to be secret.
fn fresh() -> String {
    let mut hash = Sha256::new();
    for _ in 0..4 {
        hash.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hash.update(std::process::id().to_le_bytes());
    if let Ok(time) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        hash.update(time.as_nanos().to_le_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let id = crate::source::Hex(digest.first_chunk::<16>().map_or(&[], |id| id.as_slice())).to_string();
    format!("{START}{VERSION} 64 {id}\n")
}

fn write(folder: &Folder) -> io::Result<()> {
    let draft = folder.draft(None)?;
    draft.write_at(fresh().as_bytes(), 0)?;
    draft.sync()?;
    // Whoever came first: the next look reads it.
    let (Linked::New | Linked::AlreadyThere) = draft.link_small(NAME)?;
    Ok(())
}
