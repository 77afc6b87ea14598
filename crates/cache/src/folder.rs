//! The cache's folder: opened once, everything in it named by us.
//!
//! What comes in are digests; what leaves are open files with what the system says of them. No text of a caller is
//! ever part of a path below the root. On Unix all of it is relative to the descriptor of the root, and nothing
//! follows a symbolic link. Elsewhere it is done by paths, with what checks there are.

use std::fs::File;

use crate::Damage;
use crate::source::Hex;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{Folder, read_exact_at, write_all_at};

#[cfg(not(unix))]
mod portable;
#[cfg(not(unix))]
pub(crate) use portable::{Folder, read_exact_at, write_all_at};

/// How many folders the entries are spread over: one for each first byte of a digest.
pub(crate) const SHARDS: u16 = 256;

/// What the system says of a file that should be an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Its length.
    pub(crate) len: u64,
    /// What it takes on disk.
    pub(crate) disk_bytes: u64,
    /// When its bytes were last used, to the hour.
    pub(crate) used_secs: i64,
    /// What is wrong with it as a file, before any byte is read.
    pub(crate) damage: Option<Damage>,
}

/// An entry's file, open or not worth opening.
#[derive(Debug)]
pub(crate) enum Opened {
    /// There is none.
    Missing,
    /// There is something that is not an entry.
    Damaged(Damage),
    /// A regular file, ours alone, that nobody may write.
    File(File, Facts),
}

/// What linking a finished file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Linked {
    /// The name was taken: somebody else published the same entry first.
    AlreadyThere,
    /// It has its name: from now on it is an entry.
    New,
}

/// One name in an entries' folder.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) digest: [u8; 32],
    pub(crate) facts: Facts,
}

/// The path of an entry below the root.
pub(crate) fn entry_path(digest: &[u8; 32]) -> String {
    let [shard, ..] = digest;
    format!("v1/{shard:02x}/{}", Hex(digest))
}

/// The digest that a file's name stands for, in the folder of `shard`.
pub(crate) fn digest_of_name(name: &[u8], shard: u8) -> Option<[u8; 32]> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = name.as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut digest = [0; 32];
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    (digest[0] == shard).then_some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back_and_nothing_else_is_one() {
        let mut digest = [0xab; 32];
        digest[31] = 0x0f;
        let path = entry_path(&digest);
        let name = path.strip_prefix("v1/ab/").unwrap();
        assert_eq!(digest_of_name(name.as_bytes(), 0xab), Some(digest));
        assert_eq!(digest_of_name(name.as_bytes(), 0xac), None);
        let upper = name.to_uppercase();
        for wrong in ["", "..", &name[1..], upper.as_str(), &name.replace('f', "g"), "x\n"] {
            assert_eq!(digest_of_name(wrong.as_bytes(), 0xab), None, "{wrong:?}");
        }
    }
}
