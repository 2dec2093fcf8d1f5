//! Rows by the hundred in one statement.
//!
//! PostgreSQL parses and plans each text once for a connection: a list of values, whose length is
//! part of its text, would be planned again for every batch. There the rows are one parameter. For
//! SQLite, in our own process, the list is cheaper.

use domain::ids::CommitteeId;
use entity::Scoped;
use sea_orm::sea_query::{Expr, ExprTrait, Func, InsertStatement, Query};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, EntityName, EntityTrait, IdenStatic, Iterable,
    ModelTrait, Value,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use uuid::Uuid;

/// Rows and keys are called so inside the statement.
const GIVEN: &str = "given";

/// Inserts these rows, of which there is at least one; what to do where one is there already is
/// to be added. Of tables without columns of bytes.
pub fn insert<M>(backend: DatabaseBackend, rows: &[M]) -> InsertStatement
where
    M: ModelTrait,
{
    let columns = || <M::Entity as EntityTrait>::Column::iter();
    let mut insert = Query::insert();
    insert.into_table(M::Entity::default()).columns(columns());
    if backend == DatabaseBackend::Postgres {
        let table = M::Entity::default();
        let rows: Vec<Row<'_, M>> = rows.iter().map(Row).collect();
        let rows = serde_json::to_string(&rows).expect("names and plain values are JSON");
        let recordset = Func::cust("jsonb_populate_recordset")
            .arg(Expr::cust(format!("NULL::\"{}\"", table.table_name())))
            .arg(Expr::val(rows).cast_as("jsonb"));
        let mut select = Query::select();
        select.columns(columns()).from_function(recordset, GIVEN);
        insert
            .select_from(select)
            .expect("as many columns are selected as are inserted");
    } else {
        for row in rows {
            insert.values_panic(columns().map(|column| Expr::val(row.get(column))));
        }
    }
    insert
}

/// A row as an object of JSON, written straight into the text; what is empty is left out.
struct Row<'a, M>(&'a M);

impl<M: ModelTrait> Serialize for Row<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for column in <M::Entity as EntityTrait>::Column::iter() {
            let name = column.as_str();
            // As PostgreSQL reads them.
            match self.0.get(column) {
                Value::Uuid(Some(id)) => object.serialize_entry(name, &id)?,
                Value::String(Some(text)) => object.serialize_entry(name, &text)?,
                Value::Bool(Some(is)) => object.serialize_entry(name, &is)?,
                Value::Int(Some(number)) => object.serialize_entry(name, &number)?,
                Value::BigInt(Some(number)) => object.serialize_entry(name, &number)?,
                Value::ChronoDateTimeUtc(Some(at)) => object.serialize_entry(name, &at)?,
                other => {
                    let other = sea_orm::sea_query::sea_value_to_json_value(&other);
                    if other != serde_json::Value::Null {
                        object.serialize_entry(name, &other)?;
                    }
                }
            }
        }
        object.end()
    }
}

/// The rows whose columns hold one of these keys, each begun by its committee. Where the engine
/// takes lists, also rows that mix parts of several keys: look them up by their whole key.
pub fn among<E, const N: usize>(
    backend: DatabaseBackend,
    columns: [E::Column; N],
    keys: impl IntoIterator<Item = (CommitteeId, [Uuid; N])>,
) -> Condition
where
    E: Scoped,
{
    let mut committees = Vec::new();
    let mut parts: [Vec<Uuid>; N] = std::array::from_fn(|_| Vec::new());
    for (committee, key) in keys {
        committees.push(committee.0);
        for (part, id) in parts.iter_mut().zip(key) {
            part.push(id);
        }
    }
    if backend == DatabaseBackend::Postgres {
        let lists = std::iter::once(committees).chain(parts).map(Expr::val);
        let given = Func::cust("unnest").args(lists);
        let mut select = Query::select();
        select.expr(Expr::cust("*")).from_function(given, GIVEN);
        let named = std::iter::once(E::COMMITTEE).chain(columns);
        let named = named.map(|column| Expr::col(column.as_column_ref()));
        Condition::all().add(Expr::tuple(named).in_subquery(select))
    } else {
        let lists =
            std::iter::once((E::COMMITTEE, committees)).chain(columns.into_iter().zip(parts));
        lists.fold(Condition::all(), |all, (column, mut ids)| {
            ids.sort_unstable();
            ids.dedup();
            all.add(column.is_in(ids))
        })
    }
}
