/** Pages for anybody, signed out: copying. */
import { startAnyPage } from "./ui/page";

startAnyPage();
