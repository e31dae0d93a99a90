/** /security: the master password, the recovery kit, devices, automatic locking, the end of the account. */
import { wireAutoLock } from "./security/autoLock";
import { wireDevices } from "./security/devices";
import { wireEnd } from "./security/end";
import { wireKit } from "./security/kit";
import { wirePassword } from "./security/password";
import { forgetWithLock } from "./security/typed";
import { startUserPage } from "./ui/page";

const account = startUserPage(forgetWithLock);

wirePassword(account);
wireKit(account);
wireDevices(account);
wireAutoLock(account);
wireEnd(account);
