//! Rows that stand at a revision, any number of them in one statement.

use cartwright_engine::ports::StoreError;
use serde::Serialize;
use serde_json::Value;

use crate::rows;

/// A table of such rows: its key and other columns, besides the shop, the revision and the document.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) key: Column,
    pub(super) others: &'static [Column],
}

/// A column, and how its value stands in JSON.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// A UUID, written with its hyphens.
    Id(&'static str),
    /// As it is.
    Plain(&'static str),
    /// What the run has whose UUID stands there.
    OfRun(&'static str),
    /// A UUID, else what the run has whose UUID stands behind it.
    OrOfRun(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        let (Self::Id(name) | Self::Plain(name) | Self::OfRun(name) | Self::OrOfRun(name)) = self;
        name
    }

    fn read(self, place: usize) -> String {
        match self {
            Self::Id(_) => format!("unhex(next.value ->> {place}, '-')"),
            Self::Plain(_) => format!("next.value ->> {place}"),
            Self::OfRun(name) => format!(
                "(select {name} from runs where runs.shop_id = $1 and runs.run_id = unhex(next.value ->> {place}, '-'))"
            ),
            Self::OrOfRun(name) => {
                format!("coalesce({}, {})", Self::Id(name).read(place), Self::OfRun(name).read(place + 1))
            }
        }
    }
}

/// A row as [`Table::statement`] reads it: the columns as an array, the revision that it was loaded at, the document.
pub(super) fn row(columns: &Value, revision: u64, document: &impl Serialize) -> Result<String, StoreError> {
    let columns = columns.to_string();
    let columns = columns.strip_suffix(']').unwrap_or(&columns);
    Ok(format!("{columns},{revision},{}]", rows::write(document)?))
}

impl Table {
    /// Writes the rows of `$2` for the shop `$1`, in their order. A row of revision 0 must not be there yet, any other
    /// must stand at its revision: where that is not so, fewer rows are written than given.
    pub(super) fn statement(&self) -> String {
        let Self { name, key, others } = self;
        let columns: Vec<Column> = std::iter::once(*key).chain(others.iter().copied()).collect();
        let list = |text: &dyn Fn(usize, Column) -> String| -> String {
            columns.iter().enumerate().map(|(place, column)| text(place, *column) + ", ").collect()
        };
        let (names, values) = (list(&|_, column| column.name().to_owned()), list(&|place, column| column.read(place)));
        let changes: String = others.iter().map(|column| format!("{0} = excluded.{0}, ", column.name())).collect();
        let (revision, document) = (columns.len(), columns.len() + 1);
        let (key_name, key_value) = (key.name(), key.read(0));
        format!(
            "insert into {name} (shop_id, {names}revision, document)
             select $1, {values}(next.value ->> {revision}) + 1, next.value -> {document} from json_each($2) next
             where next.value ->> {revision} = 0
                or exists (select 1 from {name} known
                           where known.shop_id = $1 and known.{key_name} = {key_value}
                             and known.revision = next.value ->> {revision})
             order by next.key
             on conflict (shop_id, {key_name}) do update
                set {changes}revision = excluded.revision, document = excluded.document where excluded.revision > 1"
        )
    }
}
