"""What customers bought, basket by basket: the rows that the learned ranker's features are made from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from personalization.scoring.arrays import Flags, Floats, Ints

CELLS_AT_ONCE = 20_000_000  # of a matrix that are held densely: 80 MB
_VALUE_BITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Baskets:
    """One row for each customer, product and basket (a day with orders), by customer and from the oldest basket on.

    customer and product are places, below *customers* and *products*. age is in days before the night, place the number
    of the customer's later baskets (0 is the newest); is_lately says which rows show what sells at present.
    """

    customer: Ints
    product: Ints
    age: Floats
    place: Ints
    is_lately: Flags
    customers: int
    products: int

    def of(self, chosen: Flags) -> "Baskets":
        """Return the chosen rows."""
        return Baskets(
            customer=self.customer[chosen],
            product=self.product[chosen],
            age=self.age[chosen],
            place=self.place[chosen],
            is_lately=self.is_lately[chosen],
            customers=self.customers,
            products=self.products,
        )

    def counted(self) -> Ints:
        """Return each customer's number of baskets."""
        counts = np.zeros(self.customers, dtype=np.int64)
        np.maximum.at(counts, self.customer, self.place + 1)
        return counts

    def matrix(self, weights: ArrayLike, chosen: Flags | None = None) -> sparse.csr_matrix:
        """Return customers × products with the sum of the rows' weights; of the chosen rows, where given."""
        rows = slice(None) if chosen is None else chosen
        cells = (self.customer[rows], self.product[rows])
        return matrix_of(np.asarray(weights)[rows], cells, (self.customers, self.products))


def baskets_of(
    customer: Ints, product: Ints, day: Ints, *, night: int, lately_days: int, customers: int, products: int
) -> Baskets:
    """Return the baskets known at the end of day *night*, from the purchases in any order."""
    known = np.flatnonzero(day <= night)
    known = known[np.lexsort((product[known], day[known], customer[known]))]
    customer, product, day = customer[known], product[known], day[known]
    begins = np.ones(len(known), dtype=np.bool_)
    begins[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    basket = np.cumsum(begins) - 1
    newest = np.zeros(customers, dtype=np.int64)
    np.maximum.at(newest, customer, basket)
    age = (night - day).astype(np.float64)
    return Baskets(
        customer=customer,
        product=product,
        age=age,
        place=newest[customer] - basket,
        is_lately=age < lately_days,
        customers=customers,
        products=products,
    )


def matrix_of(weights: ArrayLike, cells: tuple[Ints, Ints], shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return a sparse matrix of float32; cells that occur twice are added."""
    return sparse.csr_matrix((np.asarray(weights, dtype=np.float32), cells), shape=shape)


def scaled_rows(matrix: sparse.csr_matrix, lengths: Floats) -> sparse.csr_matrix:
    """Return the matrix with each row divided by its length; a row of length 0 stays as it is."""
    return sparse.diags((1 / np.where(lengths > 0, lengths, 1)).astype(np.float32)).dot(matrix).tocsr()


def row_sums(matrix: sparse.csr_matrix) -> Floats:
    """Return the sum of each row."""
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix with each row at Euclidean length 1."""
    return scaled_rows(matrix, np.sqrt(row_sums(matrix.multiply(matrix).tocsr())))


def strongest(matrix: sparse.csr_matrix, most: int) -> sparse.csr_matrix:
    """Return the matrix with only the *most* greatest positive cells of each row; of equal ones the first columns.

    A cell's row, value and column make one whole number to sort by: the bits of positive floats keep their order.
    """
    column_bits = max(int(matrix.shape[1] - 1).bit_length(), 1)
    size = 2 ** (64 - _VALUE_BITS - column_bits)
    kept = [np.zeros(0, dtype=np.uint64)]
    starts = [np.zeros(0, dtype=np.int64)]
    for start in range(0, matrix.shape[0], size):
        cells = matrix[start : start + size].tocoo()
        keep = cells.data > 0
        falling = np.uint64(2**_VALUE_BITS - 1) - cells.data[keep].astype(np.float32).view(np.uint32).astype(np.uint64)
        key = (cells.row[keep].astype(np.uint64) << np.uint64(_VALUE_BITS)) | falling
        key = np.sort((key << np.uint64(column_bits)) | cells.col[keep].astype(np.uint64))
        of_row = (key >> np.uint64(_VALUE_BITS + column_bits)).astype(np.int64)
        begins = np.searchsorted(of_row, np.arange(cells.shape[0]))
        near = np.arange(len(key)) - begins[of_row] < most
        kept.append(key[near])
        starts.append(np.full(int(near.sum()), start))
    key = np.concatenate(kept)
    row = (key >> np.uint64(_VALUE_BITS + column_bits)).astype(np.int64) + np.concatenate(starts)
    column = (key & np.uint64(2**column_bits - 1)).astype(np.int64)
    falling = (key >> np.uint64(column_bits)) & np.uint64(2**_VALUE_BITS - 1)
    value = (np.uint64(2**_VALUE_BITS - 1) - falling).astype(np.uint32).view(np.float32)
    return matrix_of(value, (row, column), matrix.shape)


def decayed_length(baskets: Ints, decay: float) -> Floats:
    """Return 1 + decay + decay² + … for each number of baskets: the greatest weight that a product can have."""
    return np.asarray((1 - decay ** np.maximum(baskets, 1)) / (1 - decay), dtype=np.float64)
