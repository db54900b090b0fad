package org.jinit.linux;

import java.util.Arrays;

/** Numbers in a row. */
final class IntList {
    private int[] items = new int[64];
    private int size;

    int size() {
        return size;
    }

    int get(int index) {
        return items[index];
    }

    void add(int item) {
        if (size == items.length) {
            items = Arrays.copyOf(items, size * 2);
        }
        items[size++] = item;
    }

    void clear() {
        size = 0;
    }

    void sort() {
        Arrays.sort(items, 0, size);
    }

    /** Only when sorted. */
    boolean contains(int item) {
        return Arrays.binarySearch(items, 0, size, item) >= 0;
    }
}
