//! Interlaced rows (GIF89a appendix E): every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1.

/// Where row `row` of `height` rows stands in the order of the data.
pub(crate) fn position(row: u32, height: u32) -> u32 {
    let first = height.div_ceil(8);
    let second = height.saturating_sub(4).div_ceil(8);
    let third = height.saturating_sub(2).div_ceil(4);
    match row % 8 {
        0 => row / 8,
        4 => first + row / 8,
        2 | 6 => first + second + row / 4,
        _ => first + second + third + row / 2,
    }
}

/// The rows of a frame in the order of its data.
pub(crate) fn rows(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(from, step)| (from..height).step_by(step))
}

#[cfg(test)]
mod tests {
    use super::{position, rows};

    #[test]
    fn every_height_is_a_permutation_in_the_order_of_the_passes() {
        for height in 1..=70u32 {
            let order: Vec<u32> = rows(height, true).collect();
            assert!(order.iter().take_while(|&&row| row % 8 == 0).count() == height.div_ceil(8) as usize);
            for row in 0..height {
                assert_eq!(order[position(row, height) as usize], row, "row {row} of {height}");
            }
        }
    }
}
