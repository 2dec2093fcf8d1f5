//! Rows by the hundred in one statement.
//!
//! PostgreSQL parses and plans each text once for a connection: a list of values, whose length is
//! part of its text, would be planned again for every batch. There the rows are one parameter. For
//! SQLite, in our own process, the list is cheaper.

use domain::ids::CommitteeId;
use entity::Scoped;
use sea_orm::sea_query::{
    ArrayType, Asterisk, CommonTableExpression, DynIden, Expr, ExprTrait, Func, InsertStatement,
    IntoIden, OnConflict, Query, SelectStatement, TableRef, ValueTuple,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, IdenStatic,
    Iterable, ModelTrait, PrimaryKeyToColumn, Value,
};
use uuid::Uuid;

/// Rows and keys are called so inside the statement.
pub const GIVEN: &str = "given";

/// Inserts these rows, of which there is at least one; what to do where one is there already is
/// to be added. Of tables without columns of bytes.
pub fn insert<M>(backend: DatabaseBackend, rows: &[M]) -> InsertStatement
where
    M: ModelTrait,
{
    let rows: Vec<&M> = rows.iter().collect();
    let columns = filled(&rows);
    let columns = || columns.iter().copied();
    let mut insert = Query::insert();
    insert.into_table(M::Entity::default()).columns(columns());
    if backend == DatabaseBackend::Postgres {
        insert
            .select_from(listed(&rows, columns()))
            .expect("as many columns are selected as are inserted");
    } else {
        for row in rows {
            insert.values_panic(columns().map(|column| Expr::val(row.get(column))));
        }
    }
    insert
}

/// The same of those rows alone for which `fit` holds; it speaks of their columns as those of
/// [`GIVEN`].
pub fn insert_fit<M>(backend: DatabaseBackend, rows: &[&M], fit: Expr) -> InsertStatement
where
    M: ModelTrait,
{
    let columns = filled(rows);
    let columns = || columns.iter().copied();
    let given = if backend == DatabaseBackend::Postgres {
        listed(rows, columns())
    } else {
        let rows = rows.iter();
        let rows = rows.map(|row| ValueTuple::Many(columns().map(|name| row.get(name)).collect()));
        let mut given = Query::select();
        given.column(Asterisk).from_values(rows, GIVEN);
        given
    };
    let mut named = CommonTableExpression::new();
    named.table_name(GIVEN).columns(columns()).query(given);
    let mut select = Query::select();
    select.columns(columns()).from(GIVEN).and_where(fit);
    let mut insert = Query::insert();
    insert
        .with_cte(named)
        .into_table(M::Entity::default())
        .columns(columns())
        .select_from(select)
        .expect("as many columns are selected as are inserted");
    insert
}

/// Writes these columns of rows, of which there is at least one.
///
/// # Errors
/// `RecordNotUpdated` when not all of them are there.
pub async fn update<M, const N: usize>(
    db: &impl ConnectionTrait,
    rows: &[M],
    columns: [<M::Entity as EntityTrait>::Column; N],
) -> Result<(), DbErr>
where
    M: ModelTrait,
{
    let backend = db.get_database_backend();
    let key =
        || <M::Entity as EntityTrait>::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let written = if backend == DatabaseBackend::Postgres {
        let mut update = Query::update();
        let rows: Vec<&M> = rows.iter().collect();
        let given = listed(&rows, key().chain(columns));
        update
            .table(M::Entity::default())
            .from(TableRef::SubQuery(given.into(), GIVEN.into_iden()));
        for column in columns {
            update.value(column, Expr::col((GIVEN, column)));
        }
        for column in key() {
            let own = Expr::col((M::Entity::default(), column));
            update.and_where(own.eq(Expr::col((GIVEN, column))));
        }
        db.execute(&update).await?
    } else {
        let there = OnConflict::columns(key())
            .update_columns(columns)
            .to_owned();
        db.execute(insert(backend, rows).on_conflict(there)).await?
    };
    if usize::try_from(written.rows_affected()) == Ok(rows.len()) {
        Ok(())
    } else {
        Err(DbErr::RecordNotUpdated)
    }
}

/// The columns that are not empty in all of these rows: what nobody fills in costs nothing.
fn filled<M: ModelTrait>(rows: &[&M]) -> Vec<<M::Entity as EntityTrait>::Column> {
    let columns = <M::Entity as EntityTrait>::Column::iter();
    let empty = |column| rows.iter().all(|row| is_empty(&row.get(column)));
    columns
        .filter(|&column| !column.def().is_null() || !empty(column))
        .collect()
}

fn is_empty(value: &Value) -> bool {
    *value == value.as_null()
}

/// These columns of the rows as a query, one list for each. Our driver's lists hold no nulls: beside
/// a column that may be empty goes a list that tells where it is.
fn listed<M: ModelTrait>(
    rows: &[&M],
    columns: impl Iterator<Item = <M::Entity as EntityTrait>::Column>,
) -> SelectStatement {
    let (mut lists, mut select) = (Query::select(), Query::select());
    let mut given = |values: Vec<Value>, name: DynIden| {
        let list = Func::cust("unnest").arg(Expr::val(list(values)));
        lists.expr_as(list, name);
    };
    for column in columns {
        let mut values: Vec<Value> = rows.iter().map(|row| row.get(column)).collect();
        if column.def().is_null() {
            let there = format!("{}_there", column.as_str()).into_iden();
            let is_there = values
                .iter()
                .map(|value| (!is_empty(value)).into())
                .collect();
            given(is_there, there.clone());
            for value in values.iter_mut().filter(|value| is_empty(value)) {
                *value = value.dummy_value();
            }
            let value = Expr::case(Expr::col(there), Expr::col(column));
            select.expr_as(value, column.into_iden());
        } else {
            select.column(column);
        }
        given(values, column.into_iden());
    }
    select.from_subquery(lists, GIVEN);
    select
}

fn list(values: Vec<Value>) -> Value {
    let of = values.first().map_or(ArrayType::String, Value::array_type);
    Value::Array(of, Some(Box::new(values)))
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
