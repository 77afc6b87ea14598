//! Writes ICC profiles, lies included.

/// A profile under construction.
#[derive(Clone)]
pub(crate) struct ProfileBytes {
    pub(crate) version: u32,
    pub(crate) class: [u8; 4],
    pub(crate) space: [u8; 4],
    pub(crate) pcs: [u8; 4],
    pub(crate) tags: Vec<([u8; 4], Vec<u8>)>,
}

impl ProfileBytes {
    pub(crate) fn new(space: &[u8; 4], pcs: &[u8; 4]) -> ProfileBytes {
        ProfileBytes { version: 0x0240_0000, class: *b"mntr", space: *space, pcs: *pcs, tags: Vec::new() }
    }

    pub(crate) fn v4(mut self) -> ProfileBytes {
        self.version = 0x0420_0000;
        self
    }

    pub(crate) fn tag(mut self, name: &[u8; 4], data: Vec<u8>) -> ProfileBytes {
        self.tags.push((*name, data));
        self
    }

    /// Three primaries as s15.16 numbers and one curve for all.
    pub(crate) fn matrix(columns: [[i32; 3]; 3], curve: &[u8]) -> ProfileBytes {
        let [red, green, blue] = columns.map(xyz);
        ProfileBytes::new(b"RGB ", b"XYZ ")
            .tag(b"rXYZ", red)
            .tag(b"gXYZ", green)
            .tag(b"bXYZ", blue)
            .tag(b"rTRC", curve.to_vec())
            .tag(b"gTRC", curve.to_vec())
            .tag(b"bTRC", curve.to_vec())
    }

    pub(crate) fn finish(&self) -> Vec<u8> {
        let mut table = (self.tags.len() as u32).to_be_bytes().to_vec();
        let mut data = Vec::new();
        let start = 132 + 12 * self.tags.len();
        for (name, bytes) in &self.tags {
            table.extend(name);
            table.extend(((start + data.len()) as u32).to_be_bytes());
            table.extend((bytes.len() as u32).to_be_bytes());
            data.extend(padded(bytes.clone()));
        }
        let mut out = ((start + data.len()) as u32).to_be_bytes().to_vec();
        out.extend([0; 4]);
        out.extend(self.version.to_be_bytes());
        out.extend(self.class);
        out.extend(self.space);
        out.extend(self.pcs);
        out.extend([7, 0xd0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        out.extend(b"acsp");
        out.extend([0; 28]);
        out.extend([0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
        out.extend([0; 48]);
        out.extend(table);
        out.extend(data);
        out
    }
}

pub(crate) const SRGB: [[i32; 3]; 3] =
    [[0x6fa0, 0x38f5, 0x0390], [0x6297, 0xb787, 0x18d9], [0x249f, 0x0f84, 0xb6c3]];
pub(crate) const DISPLAY_P3: [[i32; 3]; 3] =
    [[0x83df, 0x3dbf, -0x45], [0x4abf, 0xb137, 0x0ab9], [0x2838, 0x110b, 0xc8b9]];
pub(crate) const ADOBE_RGB: [[i32; 3]; 3] =
    [[0x9c18, 0x4fa5, 0x04fc], [0x348d, 0xa02c, 0x0f95], [0x2631, 0x102f, 0xbe9c]];

pub(crate) fn xyz(numbers: [i32; 3]) -> Vec<u8> {
    let mut out = b"XYZ \0\0\0\0".to_vec();
    out.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    out
}

/// `curv` with these entries: none is the identity, one a power in 8.8 fixed point.
pub(crate) fn curv(entries: &[u16]) -> Vec<u8> {
    let mut out = b"curv\0\0\0\0".to_vec();
    out.extend((entries.len() as u32).to_be_bytes());
    out.extend(entries.iter().flat_map(|entry| entry.to_be_bytes()));
    out
}

pub(crate) fn para(kind: u16, numbers: &[f64]) -> Vec<u8> {
    let mut out = b"para\0\0\0\0".to_vec();
    out.extend(kind.to_be_bytes());
    out.extend([0; 2]);
    out.extend(numbers.iter().flat_map(|&number| fixed(number)));
    out
}

pub(crate) fn srgb_curve() -> Vec<u8> {
    let mut out = b"para\0\0\0\0\0\x03\0\0".to_vec();
    out.extend([0x26666, 0xf2a7, 0x0d59, 0x13d0, 0x0a5b].iter().flat_map(|n: &i32| n.to_be_bytes()));
    out
}

fn fixed(number: f64) -> [u8; 4] {
    ((number * 65536.0).round() as i32).to_be_bytes()
}

pub(crate) fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// Every point of a grid, the last axis fastest, as numbers from 0 to 1.
fn points(sides: &[u8]) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new()];
    for &side in sides {
        let step = |at: u8| f64::from(at) / f64::from(side - 1);
        let longer =
            |point: &Vec<f64>| (0..side).map(|at| [&point[..], &[step(at)]].concat()).collect::<Vec<_>>();
        all = all.iter().flat_map(longer).collect();
    }
    all
}

fn lut_head(kind: &[u8; 4], inputs: u8, side: u8) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend([0, 0, 0, 0, inputs, 3, side, 0]);
    out.extend([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0].iter().flat_map(|&number| fixed(number)));
    out
}

/// `mft2` of straight curves around a grid of `lab`, in the encoding of version 2.
pub(crate) fn words_table(inputs: u8, side: u8, lab: impl Fn(&[f64]) -> [f64; 3]) -> Vec<u8> {
    let mut out = lut_head(b"mft2", inputs, side);
    out.extend([0, 2, 0, 2]);
    out.extend([0, 0, 255, 255].repeat(usize::from(inputs)));
    for point in points(&vec![side; usize::from(inputs)]) {
        let [l, a, b] = lab(&point);
        for number in [l * 652.8, (a + 128.0) * 256.0, (b + 128.0) * 256.0] {
            out.extend((number.round_ties_even().clamp(0.0, 65535.0) as u16).to_be_bytes());
        }
    }
    out.extend([0, 0, 255, 255].repeat(3));
    out
}

/// `mft1` around a grid of `lab`; the output curve of lightness runs backwards.
pub(crate) fn bytes_table(inputs: u8, side: u8, lab: impl Fn(&[f64]) -> [f64; 3]) -> Vec<u8> {
    let mut out = lut_head(b"mft1", inputs, side);
    let straight: Vec<u8> = (0..=255).collect();
    out.extend(straight.repeat(usize::from(inputs)));
    for point in points(&vec![side; usize::from(inputs)]) {
        let [l, a, b] = lab(&point);
        out.extend([l * 2.55, a + 128.0, b + 128.0].map(|number| (number + 0.5).clamp(0.0, 255.0) as u8));
    }
    out.extend(straight.iter().rev());
    out.extend(straight.repeat(2));
    out
}

/// `mAB ` with curves of every type, a grid of unequal sides and a matrix.
pub(crate) fn multi_table() -> Vec<u8> {
    let curves = |list: [Vec<u8>; 3]| list.map(padded).concat();
    let b = curves([curv(&[]), para(0, &[1.05]), curv(&[0, 30_000, 65_535])]);
    let matrix: Vec<u8> = [0.22, 0.18, 0.07, 0.11, 0.36, 0.03, 0.01, 0.05, 0.35, 0.001, 0.002, 0.003]
        .iter()
        .flat_map(|&n| fixed(n))
        .collect();
    let m = curves([para(0, &[1.1]), curv(&[]), para(2, &[1.0, 0.9, 0.01, 0.05])]);
    let mut grid = vec![3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
    for point in points(&[3, 4, 5]) {
        let (x, y, z) = (point[0], point[1], point[2]);
        for number in [0.9 * x + 0.05 * y, 0.85 * y + 0.1 * x * z, 0.8 * z + 0.15 * y] {
            grid.extend(((number * 65535.0 + 0.5) as u16).to_be_bytes());
        }
    }
    let srgb = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045];
    let a = curves([para(0, &[1.5]), para(0, &[1.25]), para(3, &srgb)]);
    let mut out = b"mAB \0\0\0\0\x03\x03\0\0".to_vec();
    let mut offset = 32;
    let parts = [b, matrix, m, padded(grid), a];
    for part in &parts {
        out.extend((offset as u32).to_be_bytes());
        offset += part.len();
    }
    out.extend(parts.concat());
    out
}

/// A made-up press: cyan, magenta, yellow, black to Lab.
pub(crate) fn press(ink: &[f64]) -> [f64; 3] {
    let (c, m, y, k) = (ink[0], ink[1], ink[2], ink[3]);
    let white = 1.0 - k * 0.92;
    let l = 100.0 * white * (1.0 - 0.45 * c) * (1.0 - 0.52 * m) * (1.0 - 0.07 * y);
    let a = white * (-36.0 * c + 74.0 * m - 5.0 * y) * (1.0 - 0.3 * c * m);
    let b = white * (-48.0 * c - 6.0 * m + 92.0 * y) * (1.0 - 0.3 * c * y);
    [l, a, b]
}

/// A made-up scanner: red, green, blue to Lab.
pub(crate) fn scanner(device: &[f64]) -> [f64; 3] {
    let (r, g, b) = (device[0], device[1], device[2]);
    let l = 0.25 * r + 0.65 * g + 0.10 * b;
    [100.0 * l.powf(0.9), 90.0 * (r - g) * (0.5 + l / 2.0), 70.0 * (0.5 * r + 0.5 * g - b)]
}
