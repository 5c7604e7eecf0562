//! `POST /v1/customers/import`

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use cartwright_domain::event::{Event, Origin};
use cartwright_domain::ids::ShopId;
use cartwright_domain::import::{CellFault, Columns, separator_of};
use cartwright_engine::EventAnswer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::access::InShop;
use crate::extract::{QueryOf, limited};
use crate::openapi::described;
use crate::problem::{Code, FieldError, Invalid, Problem};
use crate::router::Api;

/// So many rows of one table; a longer one comes in parts, each with its headers.
const MOST: usize = 5_000;
/// So many become durable together.
const TOGETHER: usize = 500;

/// How a table is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// What columns say, as `HEADER=FIELD` with commas between; `-` leaves a column out. What is not named here is read
    /// by its header. Fields: `email`, `phone`, `customer`, `first_name`, `last_name`, `language`, `time_zone`,
    /// `country`, `province`, `city`, `registered_at`, `tags`, `consent`, `consent_at`, `consent_source`,
    /// `consent_topic` and `attributes.NAME`.
    map: Option<String>,
    /// Only says what would be taken, and what is wrong.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a table.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Imported {
    /// What each column was read as.
    columns: Vec<ColumnView>,
    /// Rows under the headers.
    rows: usize,
    /// Rows that are durable now; in a dry run, that would be.
    taken: usize,
    /// Rows that were told before, and change nothing.
    known: usize,
    /// Rows that do not fit; the others are taken all the same.
    refused: usize,
    /// What is wrong with them.
    errors: Vec<RowError>,
}

/// A column.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ColumnView {
    /// Its header.
    header: String,
    /// The field; without, nobody reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// What is wrong with a row.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct RowError {
    /// Which row under the headers, from 1.
    row: usize,
    /// The line of the text on which it begins, from 1.
    line: u64,
    /// The field; empty where it is about the whole row.
    field: String,
    /// What is wrong, and what to do.
    message: String,
}

described!(Imported);

/// Takes customers from a table.
///
/// The body is CSV in UTF-8 with a line of headers; cells are separated with commas, semicolons or tabs. A row becomes
/// the event `customer.updated`, told again it changes nothing, and an empty cell leaves what is known. Consent is told
/// by a column named for it or not at all; a yes needs the day on which the customer said it, and lifts no later no.
#[utoipa::path(
    post, path = "/v1/customers/import", tag = "customers", params(ImportQuery),
    request_body(content_type = "text/csv", description = "The table: at most 8 MiB and 5,000 rows."),
    responses((status = 200, description = "What became of each row.", body = Imported), Invalid)
)]
pub(crate) async fn import_customers(
    State(api): State<Api>,
    shop: InShop,
    QueryOf(query): QueryOf<ImportQuery>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("text/csv") {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send the table itself with `content-type: text/csv`."));
    }
    let body = limited(request, api.options.limits.events).await?;
    let table = text_of(&body)?;
    let now = api.engine.now();
    let read = |columns: &Columns, cells: &[&str]| columns.read(cells, shop.0.country.as_deref(), now);
    let (mut imported, events) = read_table(table, query.map.as_deref(), read)?;
    match query.dry_run {
        true => imported.taken = events.len(),
        false => take(&api, shop.id(), events, &mut imported).await?,
    }
    imported.refused = imported.rows - imported.taken - imported.known;
    imported.errors.sort_by_key(|error| error.row);
    Ok(Json(imported))
}

/// An event with the row and line that it comes from.
type Placed = (usize, u64, Event);

async fn take(api: &Api, shop: ShopId, events: Vec<Placed>, imported: &mut Imported) -> Result<(), Problem> {
    for part in events.chunks(TOGETHER) {
        let told = part.iter().map(|(_, _, event)| event.clone()).collect();
        let answers = api.engine.ingest(shop, Origin::Api, told).await?;
        for ((row, line, _), answer) in part.iter().zip(answers) {
            match answer {
                EventAnswer::Accepted => imported.taken += 1,
                // Its id says all that the row says: it was told at another moment.
                EventAnswer::AlreadyKnown | EventAnswer::Conflict => imported.known += 1,
                EventAnswer::Refused(error) => {
                    let (field, message) = (error.field, error.message);
                    imported.errors.push(RowError { row: *row, line: *line, field, message });
                }
            }
        }
    }
    Ok(())
}

fn text_of(body: &[u8]) -> Result<&str, Problem> {
    let text = str::from_utf8(body).ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or_else(|| Problem::field("", "is no text in UTF-8; save the table as CSV in UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn read_table(
    table: &str,
    map: Option<&str>,
    read: impl Fn(&Columns, &[&str]) -> Result<Event, Vec<CellFault>>,
) -> Result<(Imported, Vec<Placed>), Problem> {
    let unfit = |error: csv::Error| Problem::field("", format!("is no table: {error}"));
    let mut rows =
        csv::ReaderBuilder::new().delimiter(separator_of(table)).flexible(true).from_reader(table.as_bytes());
    let headers = rows.headers().map_err(unfit)?.clone();
    let headers: Vec<&str> = headers.iter().map(str::trim).collect();
    let refused = |faults: Vec<String>| {
        Problem::fields(Code::InvalidRequest, faults.into_iter().map(|fault| FieldError::new("map", fault)).collect())
    };
    let columns = Columns::of(&headers, &told(map)?).map_err(refused)?;
    let view = |(header, field): (&&str, &Option<_>)| ColumnView {
        header: (*header).to_owned(),
        field: field.as_ref().map(ToString::to_string),
    };
    let columns_view = headers.iter().zip(columns.fields()).map(view).collect();
    let mut imported = Imported { columns: columns_view, rows: 0, taken: 0, known: 0, refused: 0, errors: Vec::new() };
    let mut events = Vec::new();
    for record in rows.records() {
        let record = record.map_err(unfit)?;
        imported.rows += 1;
        if imported.rows > MOST {
            return Err(Problem::field(
                "",
                format!("has more than {MOST} rows; send it in parts, each with its headers"),
            ));
        }
        let (row, line) = (imported.rows, record.position().map_or(0, csv::Position::line));
        match read(&columns, &record.iter().collect::<Vec<_>>()) {
            Ok(event) => events.push((row, line, event)),
            Err(faults) => imported.errors.extend(faults.into_iter().map(|fault| {
                let field = fault.field.map(|field| field.to_string()).unwrap_or_default();
                RowError { row, line, field, message: fault.message }
            })),
        }
    }
    Ok((imported, events))
}

/// `HEADER=FIELD` with commas between. A header may hold an `=`; a field holds none.
fn told(map: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let pairs = map.unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty());
    let pair = |pair: &str| match pair.rsplit_once('=') {
        Some((header, field)) => Ok((header.trim().to_owned(), field.trim().to_owned())),
        None => Err(Problem::field("map", format!("`{pair}` is no mapping; write it like `E-mail=email`"))),
    };
    pairs.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_domain::time::Timestamp;

    fn read(table: &str, map: Option<&str>) -> Result<(Imported, Vec<Placed>), Problem> {
        let now = Timestamp::from_millis(1_800_000_000_000);
        read_table(table, map, |columns, cells| columns.read(cells, Some("DE"), now))
    }

    #[test]
    fn tables_come_with_commas_semicolons_or_tabs() {
        for table in ["email,city\na@b.de,Ulm\n", "email;city\r\na@b.de;Ulm\r\n", "email\tcity\n\na@b.de\tUlm"] {
            let (imported, events) = read(table, None).unwrap();
            assert_eq!((imported.rows, events.len(), imported.errors.len()), (1, 1, 0), "{table:?}");
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_named_by_row_and_line_and_refuses_no_other() {
        let table = "email,city\na@b.de,\"Ulm\nat the Danube\"\nnobody,Ulm\nc@d.de,Bonn\n";
        let (imported, events) = read(table, None).unwrap();
        assert_eq!((imported.rows, events.len()), (3, 2));
        let [error] = &imported.errors[..] else { panic!("{:?}", imported.errors) };
        assert_eq!((error.row, error.line, error.field.as_str()), (2, 4, "email"));
    }

    #[test]
    fn a_table_that_says_nobody_is_refused_as_a_whole() {
        for (table, map) in [("city\nUlm\n", None), ("email\na@b.de\n", Some("email")), ("", None)] {
            assert_eq!(read(table, map).unwrap_err().code, Code::InvalidRequest, "{table:?}");
        }
        assert!(text_of(b"email\n\xff").is_err() && text_of(b"email\n\0").is_err());
        assert_eq!(text_of("\u{feff}email".as_bytes()).unwrap(), "email");
    }

    #[test]
    fn no_more_rows_than_one_commit_bears_come_at_once() {
        let table = |rows: usize| format!("email\n{}", "a@b.de\n".repeat(rows));
        assert!(read(&table(MOST), None).is_ok());
        assert!(read(&table(MOST + 1), None).is_err());
    }
}
