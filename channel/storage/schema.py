"""The one MetaData that every noun's tables.py adds to, and the column shorthands they share."""

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column(name: str = "id") -> Column[str]:
    """A primary key that holds a UUIDv7 as text."""
    return Column(name, Text, primary_key=True)


def ref(name: str, target: str, *, null: bool = False, key: bool = False) -> Column[str]:
    """A foreign key to `target` ("table.column"); the row goes when its target goes."""
    return Column(name, Text, ForeignKey(target, ondelete="CASCADE"), nullable=null, primary_key=key)


def when(name: str, *, null: bool = False) -> Column[int]:
    """A moment in epoch milliseconds, UTC."""
    return Column(name, BigInteger, nullable=null)
