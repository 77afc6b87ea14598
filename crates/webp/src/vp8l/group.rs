//! Groups of five prefix codes (RFC 9649, section 3.7.1), those that the picture uses, their tables in one piece.

use fic_core::{Error, Format};

use super::head::{CodeRead, Head, Use};
use super::stream::{FIRST_COPY, Stream};
use super::table::{Code, Tables};

/// What a group's literals need to be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literals {
    /// Nothing: there is one colour, and no copy.
    Constant(u32),
    /// The green symbol, to go with these others.
    Green(u32),
    /// Green, red and blue, to go with this alpha.
    Opaque(u32),
    /// All four.
    All,
}

/// The codes of one group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) green: Code,
    pub(super) red: Code,
    pub(super) blue: Code,
    pub(super) alpha: Code,
    pub(super) distance: Code,
    pub(super) literals: Literals,
}

/// All groups that are used.
pub(super) struct Groups {
    pub(super) places: Vec<u16>,
    pub(super) groups: Vec<Group>,
}

impl Groups {
    /// Bytes of a group besides its tables, and of a place in a table.
    pub(super) const GROUP_BYTES: u64 = size_of::<Group>() as u64;
    pub(super) const PLACE_BYTES: u64 = size_of::<u16>() as u64;

    /// Reads the codes that follow the head, for which admission counted `places` and `groups`.
    pub(super) fn read(
        stream: &mut Stream<'_>,
        head: &Head,
        places: usize,
        groups: usize,
    ) -> Result<Groups, Error> {
        let mut read = Groups { places: vec![0; places], groups: Vec::with_capacity(groups) };
        let mut tables = Tables::new(&mut read.places);
        let mut codes = [(Code::default(), None); 5];
        head.read_codes(stream, &mut |code| {
            let CodeRead { used, slot, measure, lengths } = code;
            if used == Use::Nowhere {
                return Ok(());
            }
            let code = tables.build(lengths, &measure).filter(|_| read.groups.len() < groups);
            let code = code.ok_or_else(|| Error::upstream(Format::WebP, "VP8L codes have changed"))?;
            codes[slot] = (code, measure.only(lengths));
            if slot == 4 {
                read.groups.push(Group::of(codes));
            }
            Ok(())
        })?;
        if read.groups.is_empty() {
            return Err(Error::upstream(Format::WebP, "VP8L groups have gone"));
        }
        Ok(read)
    }
}

impl Group {
    /// The codes in stream order, each with its symbol where it has but one.
    fn of(codes: [(Code, Option<u32>); 5]) -> Group {
        let [green, red, blue, alpha, distance] = codes;
        let literals = match (green.1, red.1, blue.1, alpha.1) {
            (Some(g @ ..FIRST_COPY), Some(r), Some(b), Some(a)) => {
                Literals::Constant(a << 24 | r << 16 | g << 8 | b)
            }
            (_, Some(r), Some(b), Some(a)) => Literals::Green(a << 24 | r << 16 | b),
            (_, _, _, Some(a)) => Literals::Opaque(a << 24),
            _ => Literals::All,
        };
        Group { green: green.0, red: red.0, blue: blue.0, alpha: alpha.0, distance: distance.0, literals }
    }
}
