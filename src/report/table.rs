//! Tables that fit: a column that finds no room is dropped whole, the least important first.

/// A table: columns from left to right, each with a heading, its cells, and how soon it goes.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Column>);

#[derive(Debug)]
struct Column {
    heading: &'static str,
    cells: Vec<String>,
    /// The highest goes first; 0 stays.
    expendable: u8,
    right: bool,
}

/// Between two columns.
const GAP: usize = 2;

impl Table {
    /// Adds a column of words.
    pub(super) fn words(self, expendable: u8, heading: &'static str, cells: Vec<String>) -> Self {
        self.column(expendable, heading, cells, false)
    }

    /// Adds a column of numbers, aligned to the right.
    pub(super) fn numbers(self, expendable: u8, heading: &'static str, cells: Vec<String>) -> Self {
        self.column(expendable, heading, cells, true)
    }

    fn column(
        mut self,
        expendable: u8,
        heading: &'static str,
        cells: Vec<String>,
        right: bool,
    ) -> Self {
        self.0.push(Column {
            heading,
            cells,
            expendable,
            right,
        });
        self
    }

    /// The lines, heading first, none wider than `width`.
    pub(super) fn render(mut self, width: usize) -> Vec<String> {
        self.drop_columns(width);
        let rows = self.0.first().map_or(0, |column| column.cells.len());
        let widths: Vec<usize> = self.0.iter().map(Column::width).collect();
        let mut lines = vec![self.line(&widths, width, |column| column.heading)];
        for row in 0..rows {
            lines.push(self.line(&widths, width, |column| &column.cells[row]));
        }
        lines
    }

    fn drop_columns(&mut self, width: usize) {
        while self.width() > width {
            let worst = self
                .0
                .iter()
                .enumerate()
                .max_by_key(|(_, column)| column.expendable);
            match worst {
                Some((at, column)) if column.expendable > 0 => drop(self.0.remove(at)),
                _ => break,
            }
        }
    }

    fn width(&self) -> usize {
        let columns: usize = self.0.iter().map(Column::width).sum();
        columns + GAP * self.0.len().saturating_sub(1)
    }

    fn line<'a>(
        &'a self,
        widths: &[usize],
        limit: usize,
        cell: impl Fn(&'a Column) -> &'a str,
    ) -> String {
        let cells = self.0.iter().zip(widths).map(|(column, &width)| {
            let text = cell(column);
            if column.right {
                format!("{text:>width$}")
            } else {
                format!("{text:<width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        cut(line.trim_end(), limit)
    }
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.chars().count());
        cells.max().unwrap_or(0).max(self.heading.chars().count())
    }
}

/// `text` in at most `width` columns; `~` stands where something was cut off.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain((width > 0).then_some('~')).collect()
}

/// As many of `pieces` as fit, the first ones first, with `", "` between them.
pub(super) fn fitting(pieces: &[String], width: usize) -> String {
    let mut line = String::new();
    for piece in pieces {
        let longer = if line.is_empty() {
            piece.clone()
        } else {
            format!("{line}, {piece}")
        };
        if longer.chars().count() > width && !line.is_empty() {
            break;
        }
        line = longer;
    }
    cut(&line, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let own = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        Table::default()
            .words(0, "board", own(["icarus", "u3"]))
            .words(2, "place", own(["/dev/ttyUSB0", "sim0"]))
            .numbers(1, "rate", own(["333 MH/s", "1.00 GH/s"]))
    }

    #[test]
    fn columns_are_dropped_not_cut() {
        assert_eq!(
            table().render(80),
            [
                "board   place              rate",
                "icarus  /dev/ttyUSB0   333 MH/s",
                "u3      sim0          1.00 GH/s",
            ]
        );
        assert_eq!(
            table().render(20),
            [
                "board        rate",
                "icarus   333 MH/s",
                "u3      1.00 GH/s"
            ]
        );
        assert_eq!(table().render(10), ["board", "icarus", "u3"]);
        assert_eq!(table().render(4)[1], "ica~");
    }

    #[test]
    fn pieces_that_do_not_fit_are_left_out() {
        let pieces = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(fitting(&pieces, 80), "one, two, three");
        assert_eq!(fitting(&pieces, 9), "one, two");
        assert_eq!(fitting(&pieces, 2), "o~");
    }
}
