import bcrypt from 'bcrypt';

// Runs in the threads of PasswordHasher. It is plain JavaScript, because a thread loads it as a file of its own, from
// the sources and from the build alike. bcrypt's asynchronous form would share libuv's pool with all file access.

/** @param {{ password: string, cost: number }} task */
export function hash({ password, cost }) {
  return bcrypt.hashSync(password, cost);
}

/** @param {{ password: string, hash: string }} task */
export function compare(task) {
  return bcrypt.compareSync(task.password, task.hash);
}
